import type { ContentfulStatusCode } from "hono/utils/http-status";
import { randomUUID } from "node:crypto";
import type { Context, Env, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../shared/logger.ts";

/** Every stable code of an error response. */
export const errorCodes = [
  "access_token_required",
  "address_not_allowed",
  "analytics_unavailable",
  "audit_unavailable",
  "auth_unavailable",
  "bad_signature",
  "bad_timestamp",
  "batch_overdue",
  "clerk_failed",
  "clerk_unavailable",
  "conflict",
  "email_address_linked",
  "external_account_not_found",
  "fresh_factor_required",
  "idempotency_key_reused",
  "idempotency_unavailable",
  "identifier_taken",
  "impersonation_not_allowed",
  "internal_error",
  "invalid_credentials",
  "invalid_input",
  "invalid_token",
  "last_identification",
  "last_role_changer",
  "list_too_large",
  "malformed_json",
  "managed_elsewhere",
  "method_not_allowed",
  "missing_headers",
  "not_found",
  "payload_too_large",
  "permission_missing",
  "queue_full",
  "queue_unavailable",
  "quota_exceeded",
  "rate_limited",
  "request_in_progress",
  "second_factor_required",
  "session_not_found",
  "unsupported_media_type",
  "update_incomplete",
  "user_already_exists",
  "user_not_found",
  "user_outranks_caller",
  "username_taken",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetail {
  /** The place in the request, for example `emailAddress.0`. */
  readonly path: string;
  readonly message: string;
}

export interface ApiErrorOptions {
  readonly details?: readonly ErrorDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * An error response. `message` is for people and safe to show; `code` is stable. The `cause` is logged and never shown.
 */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  readonly status: ContentfulStatusCode;
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ContentfulStatusCode, code: ErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }
}

/** The body of every error: `error` is for people, `code` is stable. */
export const errorBody = (c: Context, code: ErrorCode, error: string) => ({
  error,
  code,
  requestId: c.get("requestId") ?? randomUUID(),
});

/**
 * Responds to unknown paths and to errors. Unexpected errors are logged in full; the client gets a generic 500. `translate`
 * turns errors of lower layers into an {@link ApiError}. `onUnknownPath` sees requests to unknown paths first.
 */
export function mapErrors<E extends Env>(
  app: Hono<E>,
  log: Logger,
  translate: (error: unknown) => unknown = (error) => error,
  onUnknownPath: (c: Context<E>) => Promise<void> = async () => {},
): void {
  app.notFound(async (c) => {
    await onUnknownPath(c);
    return c.json(errorBody(c, "not_found", "Not found"), 404);
  });
  app.onError((thrown, c) => {
    const error = translate(thrown);
    if (error instanceof ApiError) {
      if (error.status >= 500) log.error({ event: "http.failed", code: error.code, err: error }, "Request failed");
      const body = { ...errorBody(c, error.code, error.message), ...(error.details && { details: error.details }) };
      return c.json(body, error.status, { ...error.headers });
    }
    if (error instanceof HTTPException) return c.json(errorBody(c, codeOf(error), error.message), error.status);
    log.error({ event: "http.failed", err: error, path: c.req.path }, "Request failed");
    return c.json(errorBody(c, "internal_error", "Internal error"), 500);
  });
}

/** Hono's own errors: a body that is no JSON, or of another content type. */
const codeOf = ({ status }: HTTPException): ErrorCode =>
  status === 400 ? "malformed_json" : status === 415 ? "unsupported_media_type" : "internal_error";
