import { ApiError } from "../../http/api-error.ts";

/** The request has no token. */
export class AccessTokenRequiredError extends ApiError {
  override readonly name = "AccessTokenRequiredError";
  constructor() {
    super(401, "access_token_required", "Access token required", { headers: { "www-authenticate": "Bearer" } });
  }
}

/** The token is not valid. `reason` is for the log only; the caller does not learn it. */
export class InvalidTokenError extends ApiError {
  override readonly name = "InvalidTokenError";
  readonly reason: string;
  constructor(reason: string) {
    super(403, "invalid_token", "Invalid token");
    this.reason = reason;
  }
}

/** Clerk's keys are unavailable, so the token can be neither accepted nor rejected. */
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
  | "fresh_factor_required"
  | "impersonation_not_allowed"
  | "user_outranks_caller";

const denialMessages: Record<DenialReason, string> = {
  permission_missing: "Admin access required",
  address_not_allowed: "Admin access required",
  second_factor_required: "A fresh second factor is required",
  fresh_factor_required: "Sign in again, or verify a factor again, to change your own credentials",
  impersonation_not_allowed: "An impersonated session cannot change credentials",
  user_outranks_caller: "Admin access required",
};

/** The caller is known and may not do this. `code` is the reason. */
export class AccessDeniedError extends ApiError {
  override readonly name = "AccessDeniedError";
  constructor(reason: DenialReason) {
    super(403, reason, denialMessages[reason]);
  }
}
