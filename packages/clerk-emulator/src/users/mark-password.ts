import { z } from "zod";
import { noPasswordSet } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { revokeSessionsOfUser } from "../sessions/revoke-sessions-of-user.ts";
import { changeUser } from "./change-user.ts";

export const markPasswordParams = z.strictObject({ revoke_all_sessions: z.boolean().nullish() });

/**
 * Marks a password as compromised, or takes that back. No field of the user shows the mark; what shows is the version
 * and, when asked for, that all sessions are revoked.
 */
export function markPassword(
  instance: Instance,
  userId: string,
  params: z.output<typeof markPasswordParams>,
): ClerkUser {
  const user = instance.users.require(userId);
  if (user.credentials.password === null) throw noPasswordSet();
  const changed = changeUser(instance, user, {});
  if (params.revoke_all_sessions === true) revokeSessionsOfUser(instance, userId);
  return presentUser(changed, instance.now());
}
