import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { changeUser } from "./change-user.ts";

/** Lets a banned user sign in again. */
export function unbanUser(instance: Instance, userId: string): ClerkUser {
  return presentUser(changeUser(instance, instance.users.require(userId), { banned: false }), instance.now());
}
