import type { ClerkApi } from "../client/clerk-api.ts";
import { ClerkRequestError, isClerkOutage } from "../client/clerk-errors.ts";
import { stripUser } from "../payloads/strip-user.ts";

/** What Clerk says about one user now. `unavailable`: it did not say; ask again later. */
export type UserLookup =
  | { readonly outcome: "found"; readonly data: Record<string, unknown>; readonly readAt: number }
  | { readonly outcome: "missing" }
  | { readonly outcome: "unavailable"; readonly reason: string };

export type UserReader = (userId: string) => Promise<UserLookup>;

/** What is no such thing cannot be asked for: the SDK refuses it before any request. */
const userId = /^[\w-]+$/;

/** Reads single users from Clerk, as the bridge may keep them. Never throws for what Clerk says or fails to say. */
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
