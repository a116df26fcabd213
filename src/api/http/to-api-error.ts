import {
  ClerkFailedError,
  type ClerkIssue,
  type ClerkRequestError,
  ClerkUnavailableError,
} from "../../clerk/client/clerk-errors.ts";
import { ApiError, type ErrorCode, type ErrorDetail } from "../../http/api-error.ts";

/**
 * The response for an error that the API caught. An outage of Clerk becomes 503 `clerk_unavailable` with `Retry-After`, or
 * 502 `clerk_failed` when Clerk answered with an error of its own. Every other error is returned unchanged. Pure.
 */
export function toApiError(error: unknown): unknown {
  if (error instanceof ClerkFailedError) return new ApiError(502, "clerk_failed", error.message, { cause: error });
  if (error instanceof ClerkUnavailableError) {
    const headers = { "retry-after": String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))) };
    return new ApiError(503, "clerk_unavailable", error.message, { headers, cause: error });
  }
  return error;
}

/**
 * The response to a caller whose request Clerk rejected, in our own words: Clerk's texts are never shown. A rejection that
 * concerns this service and not the request (a wrong key, a plan that lacks a feature) is 502 `clerk_failed`. `notFound`
 * is the meaning of a 404 here. Pure.
 */
export function rejectionToApiError(rejection: ClerkRequestError, notFound: ApiError): ApiError {
  if (rejection.status === 404) return notFound;
  for (const { code } of rejection.issues) {
    const conflict = conflicts.get(code);
    if (conflict !== undefined) return new ApiError(409, conflict.code, conflict.message, { cause: rejection });
  }
  if (rejection.status === 400 || rejection.status === 422) {
    return new ApiError(400, "invalid_input", "Invalid input", {
      details: rejection.issues.map(toDetail),
      cause: rejection,
    });
  }
  if (rejection.status === 409) {
    return new ApiError(409, "conflict", "The user is being changed by another request; try again", {
      cause: rejection,
    });
  }
  return new ApiError(502, "clerk_failed", "Clerk rejected the request of this service", { cause: rejection });
}

interface Conflict {
  readonly code: ErrorCode;
  readonly message: string;
}

const managedElsewhere: Conflict = {
  code: "managed_elsewhere",
  message: "The user is managed by a directory (SCIM) and cannot be changed here",
};
const lastIdentification: Conflict = {
  code: "last_identification",
  message: "A user's last required means of identification cannot be removed",
};
const quotaExceeded: Conflict = {
  code: "quota_exceeded",
  message: "The Clerk instance has reached its limit of users",
};

const conflicts: ReadonlyMap<string, Conflict> = new Map<string, Conflict>([
  ["form_identifier_exists", { code: "identifier_taken", message: "Another user has this identifier already" }],
  [
    "delete_linked_identification_disallowed",
    {
      code: "email_address_linked",
      message: "An email address that belongs to a connected account cannot be removed",
    },
  ],
  ["last_required_identification_deletion_failed", lastIdentification],
  ["identification_deletion_failed", lastIdentification],
  ["user_managed_by_scim", managedElsewhere],
  ["attribute_managed_by_scim", managedElsewhere],
  ["user_quota_exceeded", quotaExceeded],
  ["quota_exceeded", quotaExceeded],
]);

const messages: ReadonlyMap<string, string> = new Map([
  ["form_data_missing", "Something that the Clerk instance requires of every user is missing"],
  ["form_param_missing", "Required"],
  ["form_param_nil", "Required"],
  ["form_param_unknown", "Not enabled in the Clerk instance"],
  ["form_param_duplicate", "Contains duplicates"],
  ["form_param_exceeds_allowed_size", "Too large"],
  ["form_param_max_length_exceeded", "Too long"],
  ["form_password_pwned", "Found in a data breach; choose another password"],
  ["form_password_length_too_short", "Too short for the Clerk instance"],
  ["form_password_length_too_long", "Too long for the Clerk instance"],
  ["form_password_not_strong_enough", "Not strong enough for the Clerk instance"],
  ["form_password_validation_failed", "Not strong enough for the Clerk instance"],
  ["form_username_invalid_length", "Too short or too long for the Clerk instance"],
  ["form_username_invalid_character", "May only contain letters, digits, _ and -"],
  ["form_username_needs_non_number_char", "Must contain a character that is not a digit"],
]);

const toDetail = ({ code, paramName }: ClerkIssue): ErrorDetail => ({
  path: toFieldName(paramName ?? ""),
  message: messages.get(code) ?? "Not valid",
});

/** `email_address` → `emailAddress`: the API's fields have Clerk's names in camel case. */
const toFieldName = (paramName: string) =>
  paramName.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
