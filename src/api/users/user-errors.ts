import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { listUsers, type UserListReader } from "../../clerk/users/list-users.ts";
import { ApiError, type ErrorDetail } from "../../http/api-error.ts";
import { rejectionToApiError, toApiError } from "../http/to-api-error.ts";

export class UserNotFoundError extends ApiError {
  override readonly name = "UserNotFoundError";
  constructor(id: string) {
    super(404, "user_not_found", `User with ID ${id} not found`);
  }
}

class UserAlreadyExistsError extends ApiError {
  override readonly name = "UserAlreadyExistsError";
  constructor(email: string, cause?: unknown) {
    super(409, "user_already_exists", `User with email ${email} already exists`, { cause });
  }
}

class UsernameTakenError extends ApiError {
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

/** The steps of an update, in their order. */
export type UpdateStep = "fields" | "add_email" | "primary_email" | "remove_email" | "revoke_sessions" | "read_back";

/**
 * An update that failed at one step after others succeeded. Status and message are those of the failure; `details` names
 * the failed step, its code and the completed steps. Repeating the request completes the update.
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

/** The values of a failed write, to explain why Clerk rejected it. */
export interface WriteAttempt {
  /** Undefined for a new user. */
  readonly userId?: string;
  readonly username?: string | undefined;
  readonly emailAddress?: readonly string[] | undefined;
}

/**
 * The response for an error that was thrown while writing a user. When one of several addresses is taken, Clerk does not
 * name it, so one more call finds it. Rethrows an error that is not about Clerk.
 */
export async function toUserError(clerk: UserListReader, thrown: unknown, attempt: WriteAttempt): Promise<ApiError> {
  const error = toApiError(thrown);
  if (error instanceof ApiError) return error;
  if (!(thrown instanceof ClerkRequestError)) throw thrown;
  const { userId = "", username, emailAddress = [] } = attempt;
  if (thrown.has("form_identifier_exists", "email_address")) {
    const email = emailAddress.length > 1 ? await findTaken(clerk, emailAddress, userId) : emailAddress[0];
    if (email !== undefined) return new UserAlreadyExistsError(email, thrown);
  }
  if (thrown.has("form_identifier_exists", "username") && username !== undefined) {
    return new UsernameTakenError(username, thrown);
  }
  return rejectionToApiError(thrown, new UserNotFoundError(userId));
}

/** The first address that another user has; the first of all if the search fails. */
async function findTaken(
  clerk: UserListReader,
  addresses: readonly string[],
  userId: string,
): Promise<string | undefined> {
  const holders = await listUsers(clerk, { emailAddress: addresses, limit: 100 }).then(
    ({ users }) => users,
    () => [],
  );
  const taken = new Set(
    holders
      .filter(({ id }) => id !== userId)
      .flatMap(({ email_addresses }) => email_addresses.map(({ email_address }) => email_address.toLowerCase())),
  );
  return addresses.find((address) => taken.has(address)) ?? addresses[0];
}
