import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { revokeSessionsOfUser } from "../sessions/revoke-sessions-of-user.ts";
import { changeUser } from "./change-user.ts";

/** Keeps a user from signing in until unbanned, and revokes all running sessions. */
export function banUser(instance: Instance, userId: string): ClerkUser {
  const banned = changeUser(instance, instance.users.require(userId), { banned: true });
  revokeSessionsOfUser(instance, userId);
  return presentUser(banned, instance.now());
}
