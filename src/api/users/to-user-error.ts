import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { listUsers } from "../../clerk/users/list-users.ts";
import { rejectionToApiError, toApiError } from "../http/to-api-error.ts";
import { ApiError } from "../../http/api-error.ts";
import { UserAlreadyExistsError, UsernameTakenError, UserNotFoundError } from "./user-errors.ts";

/** What was to be written of whom. */
export interface Attempt {
  /** None: a new user. */
  readonly userId?: string;
  readonly username?: string | undefined;
  readonly emailAddress?: readonly string[] | undefined;
}

/**
 * The answer to a caller for what went wrong at writing a user. Clerk does not say which of several addresses is taken, so
 * it is asked then: one call more. What is no failure of Clerk's is thrown again.
 */
export async function toUserError(clerk: Pick<ClerkApi, "read">, thrown: unknown, attempt: Attempt): Promise<ApiError> {
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

/** The first of the addresses that another user has; the first of all if Clerk does not tell. */
async function findTaken(
  clerk: Pick<ClerkApi, "read">,
  addresses: readonly string[],
  userId: string,
): Promise<string | undefined> {
  const holders = await listUsers(clerk, { emailAddress: addresses }, { limit: 100 }).catch(() => []);
  const taken = new Set(
    holders
      .filter(({ id }) => id !== userId)
      .flatMap(({ email_addresses }) => email_addresses.map(({ email_address }) => email_address.toLowerCase())),
  );
  return addresses.find((address) => taken.has(address)) ?? addresses[0];
}
