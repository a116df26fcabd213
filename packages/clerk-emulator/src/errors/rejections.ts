import { ClerkApiError } from "./clerk-api-error.ts";

// Codes and texts from Clerk's error catalogue for requests that are rejected as a whole.

export const userNotFound = (userId: string): ClerkApiError =>
  rejection(404, "resource_not_found", "not found", `No user was found with id ${userId}`);

export const sessionNotFound = (sessionId: string): ClerkApiError =>
  rejection(404, "resource_not_found", "Session not found", `No session was found with id ${sessionId}`);

export const jwtTemplateNotFound = (name: string): ClerkApiError =>
  rejection(404, "resource_not_found", "JWT template not found", `No JWT template exists with name: ${name}`);

export const resourceNotFound = (): ClerkApiError =>
  rejection(404, "resource_not_found", "Resource not found", "Resource not found");

export const secretKeyInvalid = (): ClerkApiError =>
  sameText(
    401,
    "clerk_key_invalid",
    "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.",
  );

export const authorizationHeaderInvalid = (): ClerkApiError =>
  rejection(
    401,
    "authorization_header_format_invalid",
    "Invalid Authorization header format",
    "Invalid Authorization header format. Must be 'Bearer <YOUR_API_KEY>'",
  );

export const requestBodyInvalid = (): ClerkApiError =>
  rejection(
    400,
    "request_body_invalid",
    "Request body invalid",
    "The request body is invalid. Please consult the API documentation for more information.",
  );

export const bulkSizeExceeded = (limit: number): ClerkApiError =>
  rejection(
    400,
    "bulk_size_exceeded",
    "bulk size exceeded",
    `Parameters exceed the maximum allowed bulk processing size of ${limit}.`,
  );

export const imageMissing = (): ClerkApiError =>
  rejection(400, "form_param_missing", "Image file missing", "There was no image file present in the request");

export const tooManyRequests = (retryAfterSeconds: number): ClerkApiError =>
  new ClerkApiError(
    429,
    [
      {
        code: "too_many_requests",
        message: "Too many requests",
        long_message: "Too many requests, retry later",
        meta: { resets_in: retryAfterSeconds },
      },
    ],
    retryAfterSeconds,
  );

export const unexpectedError = (): ClerkApiError =>
  rejection(
    500,
    "internal_clerk_error",
    "Oops, an unexpected error occurred",
    "There was an internal error on our servers. We've been notified and are working on fixing it.",
  );

export const incorrectPassword = (): ClerkApiError =>
  rejection(422, "incorrect_password", "incorrect password", "The provided password is not the one the user has set");

export const noPasswordSet = (): ClerkApiError =>
  rejection(400, "no_password_set", "no password set", "This user does not have a password set for their account");

export const totpDisabled = (): ClerkApiError =>
  rejection(400, "totp_disabled", "TOTP is disabled", "This user does not have TOTP enabled in their account");

export const totpIncorrect = (): ClerkApiError =>
  rejection(422, "totp_incorrect_code", "incorrect TOTP", "The provided TOTP code is incorrect");

export const userBanned = (): ClerkApiError =>
  rejection(
    403,
    "user_banned",
    "User banned",
    "You have been banned. If you think this was by mistake, please contact support.",
  );

export const userLocked = (secondsLeft: number): ClerkApiError =>
  rejection(
    403,
    "user_locked",
    "Account locked",
    `Your account is locked. You will be able to try again in ${secondsLeft} seconds. For more information, please contact support.`,
  );

export const lastIdentificationNotDeletable = (): ClerkApiError =>
  rejection(400, "identification_deletion_failed", "Deletion failed", "You cannot delete your last identification.");

export const lastRequiredIdentificationNotDeletable = (kind: string): ClerkApiError =>
  sameText(
    400,
    "last_required_identification_deletion_failed",
    `You are required to maintain at least one ${kind} in your account at all times`,
  );

export const linkedIdentificationNotDeletable = (): ClerkApiError =>
  rejection(
    400,
    "delete_linked_identification_disallowed",
    "Deleting a linked email address is not allowed",
    "This email address is linked to one or more Connected Accounts. Remove the Connected Account before deleting this email address.",
  );

export const signInTokenNotRevocable = (status: string): ClerkApiError =>
  rejection(
    400,
    "sign_in_token_cannot_be_revoked_code",
    "cannot revoke",
    `Sign in token cannot be revoked because its status is ${status}. Only pending tokens can be revoked.`,
  );

function rejection(status: number, code: string, message: string, longMessage: string): ClerkApiError {
  return new ClerkApiError(status, [{ code, message, long_message: longMessage }]);
}

function sameText(status: number, code: string, text: string): ClerkApiError {
  return rejection(status, code, text, text);
}
