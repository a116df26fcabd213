import type { ContentfulStatusCode } from "hono/utils/http-status";
import { randomUUID } from "node:crypto";
import type { Context, Env, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../shared/logger.ts";

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
  readonly code: string;
  readonly details: readonly ErrorDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ContentfulStatusCode, code: string, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }
}

/** The body of every error: `error` is for people, `code` is stable. */
export const errorBody = (c: Context, code: string, error: string) => ({
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
    if (error instanceof HTTPException) return c.json(errorBody(c, "http_error", error.message), error.status);
    log.error({ event: "http.failed", err: error, path: c.req.path }, "Request failed");
    return c.json(errorBody(c, "internal_error", "Internal error"), 500);
  });
}
