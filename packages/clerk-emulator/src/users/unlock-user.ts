import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { changeUser } from "./change-user.ts";

/** Lets a locked user sign in again. */
export function unlockUser(instance: Instance, userId: string): ClerkUser {
  const unlocked = changeUser(instance, instance.users.require(userId), {}, { lockedUntil: null });
  return presentUser(unlocked, instance.now());
}
