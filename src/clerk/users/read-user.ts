import type { OptionalField } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import type { ClerkApi } from "../client/clerk-api.ts";
import type { ClerkInstance, InstanceCheck } from "../client/clerk-instance.ts";
import { ClerkRequestError, isClerkOutage } from "../client/clerk-errors.ts";
import { type StrippedUser, stripUser } from "../payloads/user-json.ts";
import { readUserPage, unreadableResponse } from "./list-users.ts";

/** Reads one user as Clerk sends it. `readAt` is the time just before, in ms by the clock passed in. Throws what `clerk` throws. */
export const getUser = (
  clerk: Pick<ClerkApi, "read">,
  userId: string,
  now: () => number,
): Promise<{ readonly raw: Record<string, unknown>; readonly readAt: number }> =>
  clerk.read("users.get", async (_, get) => {
    const readAt = now();
    const raw = userSchema.safeParse(await get(`/users/${encodeURIComponent(userId)}`));
    if (!raw.success) throw unreadableResponse(raw.error);
    return { raw: raw.data, readAt };
  });

const userSchema = z.looseObject({ id: z.string() });

/** Clerk's answer about one user now. `unavailable`: there was no answer that can be relied on; try again later. */
export type UserLookup =
  | (StrippedUser & { readonly outcome: "found"; readonly readAt: number })
  | { readonly outcome: "missing" }
  | { readonly outcome: "unavailable"; readonly reason: string };
export type UserReader = (userId: string) => Promise<UserLookup>;

/** The SDK rejects any other id without a request. */
const userIdPattern = /^[\w-]+$/;

/**
 * Reads single users from Clerk, without the fields that must not be stored. Never throws for a rejection or an outage.
 *
 * `missing` is final for a user, so one 404 does not prove it: a wrong address or a proxy answers 404 too. Clerk must say that the
 * resource does not exist, the same client must then read Clerk's list, which must not contain the user either, and the secret key must
 * belong to the known instance. Throws what Redis throws.
 */
export function createUserReader(
  clerk: Pick<ClerkApi, "read">,
  instance: Pick<ClerkInstance, "check">,
  { eventFields, now }: { readonly eventFields: readonly OptionalField[]; readonly now: () => number },
): UserReader {
  async function lookUp(userId: string): Promise<UserLookup> {
    try {
      const { raw, readAt } = await getUser(clerk, userId, now);
      return { outcome: "found", ...stripUser(raw, eventFields), readAt };
    } catch (error) {
      if (!(error instanceof ClerkRequestError) || error.status !== 404) throw error;
      if (!error.has("resource_not_found")) return { outcome: "unavailable", reason: "the 404 is not Clerk's" };
      if (await isListed(userId)) {
        return {
          outcome: "unavailable",
          reason: "Clerk's list has the user, and Clerk's answer about the user is 404",
        };
      }
      return isOfOtherInstance(await instance.check()) ?? { outcome: "missing" };
    }
  }

  async function isListed(userId: string): Promise<boolean> {
    const query = { userId: [userId], limit: 1 };
    const { users } = await readUserPage(clerk, query, { operation: "users.confirm_missing", now });
    return users.some((user) => idSchema.safeParse(user).data?.id === userId);
  }

  return async (userId) => {
    if (!userIdPattern.test(userId)) return { outcome: "missing" };
    try {
      return await lookUp(userId);
    } catch (error) {
      if (error instanceof ClerkRequestError || isClerkOutage(error)) {
        return { outcome: "unavailable", reason: error.message };
      }
      throw error;
    }
  };
}

const isOfOtherInstance = (check: InstanceCheck): UserLookup | undefined =>
  check.outcome === "changed"
    ? { outcome: "unavailable", reason: `the secret key belongs to ${check.current}, not to ${check.known}` }
    : undefined;

const idSchema = z.object({ id: z.string() });
