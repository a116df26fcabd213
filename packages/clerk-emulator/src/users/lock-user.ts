import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { changeUser } from "./change-user.ts";

const LOCKOUT_MS = 60 * 60 * 1000;

/** Keeps a user from signing in for an hour, Clerk's default. Running sessions go on. */
export function lockUser(instance: Instance, userId: string): ClerkUser {
  const user = instance.users.require(userId);
  const locked = changeUser(instance, user, {}, { lockedUntil: lockEnd(instance.now()) });
  return presentUser(locked, instance.now());
}

/** When a lock set at `now` runs out; Unix milliseconds. */
export function lockEnd(now: number): number {
  return now + LOCKOUT_MS;
}
