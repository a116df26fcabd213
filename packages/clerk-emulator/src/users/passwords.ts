import { type StoredPassword, presentUser } from "../instance/user-directory.ts";
import { z } from "zod";
import { noPasswordSet, incorrectPassword } from "../errors/rejections.ts";
import type { Instance } from "../instance/instance.ts";
import type { ClerkUser } from "../resources/user.ts";
import { revokeSessionsOfUser } from "../sessions/sessions.ts";
import { changeUser } from "./change-user.ts";
import { createHash } from "node:crypto";

interface PasswordParams {
  readonly password?: string | null | undefined;
  readonly password_digest?: string | null | undefined;
  readonly password_hasher?: string | null | undefined;
}

/**
 * What is kept of the password parameters; `null` when they name none. Passwords are kept as they are: everything here
 * is made up, and hashing as Clerk does would cost each created user a tenth of a second.
 */
export function storePassword(params: PasswordParams): StoredPassword | null {
  if (params.password) return { kind: "plain", password: params.password };
  if (params.password_digest && params.password_hasher) {
    return { kind: "digest", hasher: params.password_hasher, digest: params.password_digest };
  }
  return null;
}

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
