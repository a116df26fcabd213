import type { Instance } from "../instance/instance.ts";
import { closeSession } from "./close-session.ts";

/** Revokes every session of a user that is in use: what a ban does, and a new password when asked to. */
export function revokeSessionsOfUser(instance: Instance, userId: string): void {
  for (const { id } of instance.sessions.ofUser(userId)) closeSession(instance, id, "revoked");
}
