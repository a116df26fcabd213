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
 * What is stored of the password parameters; `null` without a password. Passwords are stored in plain text, because they
 * are test data and hashing as Clerk does would take 0.1 s per user.
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
 * Marks a password as compromised or not. No field of the user shows the mark: only the version changes and, on request,
 * all sessions are revoked.
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

/** Removes the password. For a user without a password nothing changes and nothing is published. */
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

/** Verifies a password. Throws 422 if it is wrong and 400 if the user has none. */
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
