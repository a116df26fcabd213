import type { StoredPassword } from "../instance/stored-user.ts";

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
