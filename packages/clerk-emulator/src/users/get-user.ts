import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";

/** The user as Clerk answers it now. */
export function getUser(instance: Instance, userId: string): ClerkUser {
  return presentUser(instance.users.require(userId), instance.now());
}
