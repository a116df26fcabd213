import { z } from "zod";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { revokeSessionsOfUser } from "../sessions/revoke-sessions-of-user.ts";
import { changeUser } from "./change-user.ts";

export const removePasswordParams = z.strictObject({ sign_out_of_other_sessions: z.boolean().default(false) });

/** Takes the password away. A user without one stays as it is, and nobody is told. */
export function removePassword(
  instance: Instance,
  userId: string,
  params: z.output<typeof removePasswordParams>,
): ClerkUser {
  const user = instance.users.require(userId);
  if (user.credentials.password === null) return presentUser(user, instance.now());
  const changed = changeUser(
    instance,
    user,
    { password_enabled: false },
    { credentials: { ...user.credentials, password: null } },
  );
  if (params.sign_out_of_other_sessions) revokeSessionsOfUser(instance, userId);
  return presentUser(changed, instance.now());
}
