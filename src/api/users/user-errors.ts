import { ApiError, type ErrorDetail } from "../../http/api-error.ts";

export class UserNotFoundError extends ApiError {
  override readonly name = "UserNotFoundError";
  constructor(id: string) {
    super(404, "user_not_found", `User with ID ${id} not found`);
  }
}

export class UserAlreadyExistsError extends ApiError {
  override readonly name = "UserAlreadyExistsError";
  constructor(email: string, cause?: unknown) {
    super(409, "user_already_exists", `User with email ${email} already exists`, { cause });
  }
}

export class UsernameTakenError extends ApiError {
  override readonly name = "UsernameTakenError";
  constructor(username: string, cause?: unknown) {
    super(409, "username_taken", `User with username ${username} already exists`, { cause });
  }
}

export class InvalidCredentialsError extends ApiError {
  override readonly name = "InvalidCredentialsError";
  constructor(cause?: unknown) {
    super(401, "invalid_credentials", "Invalid email or password", { cause });
  }
}

/** The steps of an update. */
export type UpdateStep = "fields" | "add_email" | "primary_email" | "remove_email" | "read_back";

/**
 * An update of several steps that stopped at one after others were done. Status and message are those of the failure;
 * `code` says that it is half done, and `details` at which step, why, and which steps are done. A repeat does the rest.
 */
export class UpdateIncompleteError extends ApiError {
  override readonly name = "UpdateIncompleteError";
  constructor(failed: UpdateStep, failure: ApiError, done: readonly UpdateStep[]) {
    const details: ErrorDetail[] = [
      { path: failed, message: `failed: ${failure.code}` },
      ...[...new Set(done)].map((step) => ({ path: step, message: "done" })),
    ];
    super(failure.status, "update_incomplete", failure.message, { details, headers: failure.headers, cause: failure });
  }
}
