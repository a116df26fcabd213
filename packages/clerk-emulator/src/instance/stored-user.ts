import type { ClerkUser } from "../resources/user.ts";

/** A user with what Clerk never answers. Never changed in place: each change puts a new one into the directory. */
export interface StoredUser {
  readonly snapshot: ClerkUser;
  readonly credentials: Credentials;
  /** Unix milliseconds; the lock is over by itself from then on. */
  readonly lockedUntil: number | null;
}

interface Credentials {
  readonly password: StoredPassword | null;
  /** Base32. */
  readonly totpSecret: string | null;
  readonly backupCodes: readonly string[];
}

/** A digest by a hasher other than `md5` and `sha256` is kept, but no password ever matches it. */
export type StoredPassword =
  | { readonly kind: "plain"; readonly password: string }
  | { readonly kind: "digest"; readonly hasher: string; readonly digest: string };

/** What Clerk answers about a user at a time: a lock that has run out is gone without any change of the user. */
export function presentUser({ snapshot, lockedUntil }: StoredUser, now: number): ClerkUser {
  if (lockedUntil === null || lockedUntil <= now) return snapshot;
  return { ...snapshot, locked: true, lockout_expires_in_seconds: Math.ceil((lockedUntil - now) / 1000) };
}
