import type { ContentfulStatusCode } from "hono/utils/http-status";

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
