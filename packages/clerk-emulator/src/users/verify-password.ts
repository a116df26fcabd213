import { createHash } from "node:crypto";
import { z } from "zod";
import { incorrectPassword, noPasswordSet } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import type { StoredPassword } from "../instance/stored-user.ts";

export const verifyPasswordParams = z.strictObject({ password: z.string() });

/** Whether a password is the user's; throws 422 when it is not and 400 when there is none. */
export function verifyPassword(
  instance: Instance,
  userId: string,
  { password }: z.output<typeof verifyPasswordParams>,
): { verified: true } {
  const { credentials } = instance.users.require(userId);
  if (credentials.password === null) throw noPasswordSet();
  if (!matches(credentials.password, password)) throw incorrectPassword();
  return { verified: true };
}

function matches(stored: StoredPassword, password: string): boolean {
  if (stored.kind === "plain") return stored.password === password;
  if (stored.hasher !== "md5" && stored.hasher !== "sha256") return false;
  return createHash(stored.hasher).update(password).digest("hex") === stored.digest.toLowerCase();
}
