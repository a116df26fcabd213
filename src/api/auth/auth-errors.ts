import { ApiError } from "../../http/api-error.ts";

/** Nobody said who is calling. */
export class AccessTokenRequiredError extends ApiError {
  override readonly name = "AccessTokenRequiredError";
  constructor() {
    super(401, "access_token_required", "Access token required", { headers: { "www-authenticate": "Bearer" } });
  }
}

/** A token that proves nothing. Why is for the log; the caller learns nothing from it. */
export class InvalidTokenError extends ApiError {
  override readonly name = "InvalidTokenError";
  readonly reason: string;
  constructor(reason: string) {
    super(403, "invalid_token", "Invalid token");
    this.reason = reason;
  }
}

/** Clerk's keys could not be had, so nobody knows whether the token is good. */
export class AuthUnavailableError extends ApiError {
  override readonly name = "AuthUnavailableError";
  constructor(cause?: unknown) {
    super(503, "auth_unavailable", "Tokens cannot be verified at the moment", {
      headers: { "retry-after": "5" },
      cause,
    });
  }
}

export type DenialReason =
  | "permission_missing"
  | "address_not_allowed"
  | "second_factor_required"
  | "user_outranks_caller";

const denialMessages: Record<DenialReason, string> = {
  permission_missing: "Admin access required",
  address_not_allowed: "Admin access required",
  second_factor_required: "A fresh second factor is required",
  user_outranks_caller: "Admin access required",
};

/** A known caller who may not do this. `code` is the reason. */
export class AccessDeniedError extends ApiError {
  override readonly name = "AccessDeniedError";
  constructor(reason: DenialReason) {
    super(403, reason, denialMessages[reason]);
  }
}

export class RateLimitedError extends ApiError {
  override readonly name = "RateLimitedError";
  /** Which limit. */
  readonly limit: string;
  constructor(limit: string, retryAfterSeconds: number) {
    super(429, "rate_limited", "Too many requests", { headers: { "retry-after": String(retryAfterSeconds) } });
    this.limit = limit;
  }
}
