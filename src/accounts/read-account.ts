import type { ClerkApi } from "../clerk/clerk-api.ts";
import { ClerkRefusal } from "../clerk/clerk-refusal.ts";
import { UserNotFoundError } from "../users/errors.ts";
import { type AccountJson, accountJsonSchema } from "./account-details.ts";

/** The account as Clerk has it now, never from a cache. Throws {@link UserNotFoundError}. */
export async function readAccount(clerk: ClerkApi, userId: string): Promise<AccountJson> {
  try {
    const user = await clerk.read("users.get", ({ users }) => users.getUser(userId));
    return accountJsonSchema.parse(user.raw);
  } catch (error) {
    if (error instanceof ClerkRefusal && error.status === 404) throw new UserNotFoundError(userId);
    throw error;
  }
}
