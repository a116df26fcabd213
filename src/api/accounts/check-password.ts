import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { rejectionToApiError } from "../http/to-api-error.ts";
import { InvalidCredentialsError } from "../users/user-errors.ts";
import { type AccountJson, accountJsonSchema, ownsAddress } from "../users/account-details.ts";

export type PasswordCheck =
  | { readonly outcome: "right"; readonly account: AccountJson }
  | { readonly outcome: "unknown_email" | "no_password" | "wrong_password" | "banned" | "locked" };

/** Well-formed, and no user's. */
const nobody = `user_${"0".repeat(27)}`;

/**
 * Whether a password belongs to the user with an e-mail address. Only an address that its user has proved counts:
 * anybody may claim another's. Whatever comes of it, Clerk is asked the same questions, so their number tells nothing.
 * Throws what {@link ClerkApi} throws while Clerk is away.
 */
export async function checkPassword(clerk: ClerkApi, email: string, password: string): Promise<PasswordCheck> {
  const account = await findByAddress(clerk, email);
  const comparison = await comparePassword(clerk, account?.id ?? nobody, password);
  if (account === undefined) return { outcome: "unknown_email" };
  if (comparison !== "right") return { outcome: comparison };
  if (account.banned) return { outcome: "banned" };
  if (account.locked) return { outcome: "locked" };
  return { outcome: "right", account };
}

async function findByAddress(clerk: ClerkApi, email: string): Promise<AccountJson | undefined> {
  const { data } = await clerk.read(
    "users.list",
    ({ users }) => users.getUserList({ emailAddress: [email], limit: 100 }),
    { requests: 2 },
  );
  return data.map(({ raw }) => accountJsonSchema.parse(raw)).find((account) => ownsAddress(account, email));
}

/** A write for the client's sake: an attempt must not be made twice, as Clerk may count them. */
async function comparePassword(
  clerk: ClerkApi,
  userId: string,
  password: string,
): Promise<"right" | "no_password" | "wrong_password"> {
  try {
    await clerk.write("users.verify_password", ({ users }) => users.verifyPassword({ userId, password }));
    return "right";
  } catch (error) {
    if (!(error instanceof ClerkRequestError)) throw error;
    if (error.has("no_password_set")) return "no_password";
    if ([400, 404, 422].includes(error.status)) return "wrong_password";
    throw rejectionToApiError(error, new InvalidCredentialsError(error));
  }
}
