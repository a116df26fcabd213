import type { ClerkApi } from "../client/clerk-api.ts";
import { ClerkRequestError, isClerkOutage } from "../client/clerk-errors.ts";
import { stripUser } from "../payloads/strip-user.ts";

/** Clerk's answer about one user now. `unavailable`: there was no answer; try again later. */
export type UserLookup =
  | { readonly outcome: "found"; readonly data: Record<string, unknown>; readonly readAt: number }
  | { readonly outcome: "missing" }
  | { readonly outcome: "unavailable"; readonly reason: string };

export type UserReader = (userId: string) => Promise<UserLookup>;

/** The SDK rejects any other id without a request. */
const userId = /^[\w-]+$/;

/** Reads single users from Clerk, without the fields that must not be stored. Never throws for a rejection or an outage. */
export function createUserReader(clerk: Pick<ClerkApi, "read">, now: () => number): UserReader {
  return async (id) => {
    if (!userId.test(id)) return { outcome: "missing" };
    try {
      return await clerk.read("get_user", async ({ users }) => {
        const readAt = now();
        const user = await users.getUser(id);
        return { outcome: "found", data: stripUser({ ...user.raw }), readAt } as const;
      });
    } catch (error) {
      if (error instanceof ClerkRequestError) {
        return error.status === 404 ? { outcome: "missing" } : { outcome: "unavailable", reason: error.message };
      }
      if (isClerkOutage(error)) return { outcome: "unavailable", reason: error.message };
      throw error;
    }
  };
}
