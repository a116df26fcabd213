import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/user-directory.ts";
import type { ClerkUser } from "../resources/user.ts";
import { revokeSessionsOfUser } from "../sessions/sessions.ts";
import { changeUser } from "./change-user.ts";
import { z } from "zod";
import { ClerkApiError } from "../errors/clerk-api-error.ts";
import { paramMissing } from "../errors/form-errors.ts";
import { bulkSizeExceeded } from "../errors/rejections.ts";

/** Prevents a user from signing in until unbanned, and revokes all active sessions. */
export function banUser(instance: Instance, userId: string): ClerkUser {
  const banned = changeUser(instance, instance.users.require(userId), { banned: true });
  revokeSessionsOfUser(instance, userId);
  return presentUser(banned, instance.now());
}

/** Allows a banned user to sign in again. */
export function unbanUser(instance: Instance, userId: string): ClerkUser {
  return presentUser(changeUser(instance, instance.users.require(userId), { banned: false }), instance.now());
}

const MAX_USERS = 50;

export const banUsersParams = z.strictObject({ user_ids: z.array(z.string()) });

type Params = z.output<typeof banUsersParams>;

/** Bans 1 to 50 users: all of them, or none if one is unknown. */
export function banUsers(instance: Instance, params: Params): ClerkUser[] {
  return requireAll(instance, params).map((userId) => banUser(instance, userId));
}

/** Unbans 1 to 50 users: all of them, or none if one is unknown. */
export function unbanUsers(instance: Instance, params: Params): ClerkUser[] {
  return requireAll(instance, params).map((userId) => unbanUser(instance, userId));
}

function requireAll(instance: Instance, { user_ids: userIds }: Params): readonly string[] {
  if (userIds.length === 0) throw new ClerkApiError(422, [paramMissing("user_ids")]);
  if (userIds.length > MAX_USERS) throw bulkSizeExceeded(MAX_USERS);
  for (const userId of userIds) instance.users.require(userId);
  return userIds;
}

const LOCKOUT_MS = 60 * 60 * 1000;

/** Prevents a user from signing in for an hour, Clerk's default. Active sessions continue. */
export function lockUser(instance: Instance, userId: string): ClerkUser {
  const user = instance.users.require(userId);
  const locked = changeUser(instance, user, {}, { lockedUntil: lockEnd(instance.now()) });
  return presentUser(locked, instance.now());
}

/** When a lock set at `now` expires, in Unix milliseconds. */
export function lockEnd(now: number): number {
  return now + LOCKOUT_MS;
}

/** Allows a locked user to sign in again. */
export function unlockUser(instance: Instance, userId: string): ClerkUser {
  const unlocked = changeUser(instance, instance.users.require(userId), {}, { lockedUntil: null });
  return presentUser(unlocked, instance.now());
}
