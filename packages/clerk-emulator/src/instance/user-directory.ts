import type { ClerkUser } from "../resources/user.ts";
import { userNotFound } from "../errors/rejections.ts";
import { type Claim, claimsOf } from "./session-directory.ts";
import { CreationOrder } from "./creation-order.ts";

/** A user with the data that Clerk never returns. Immutable: each change puts a new object into the directory. */
export interface StoredUser {
  readonly snapshot: ClerkUser;
  readonly credentials: Credentials;
  /** Unix milliseconds. The lock expires at this time. */
  readonly lockedUntil: number | null;
}

interface Credentials {
  readonly password: StoredPassword | null;
  /** Base32. */
  readonly totpSecret: string | null;
  readonly backupCodes: readonly string[];
}

/** A digest by a hasher other than `md5` and `sha256` is stored, but no password ever matches it. */
export type StoredPassword =
  | { readonly kind: "plain"; readonly password: string }
  | { readonly kind: "digest"; readonly hasher: string; readonly digest: string };

/** The user as Clerk returns it at a time. A lock expires without a change of the stored user. */
export function presentUser({ snapshot, lockedUntil }: StoredUser, now: number): ClerkUser {
  if (lockedUntil === null || lockedUntil <= now) return snapshot;
  return { ...snapshot, locked: true, lockout_expires_in_seconds: Math.ceil((lockedUntil - now) / 1000) };
}

/**
 * All users of the instance, indexed by claim and by email address id. The cost of a change does not depend on the number
 * of other users. The directory does not check claims: the caller of `put` must have checked them.
 */
export class UserDirectory {
  readonly #users = new Map<string, StoredUser>();
  readonly #holders = new Map<Claim, string>();
  readonly #ownersOfEmails = new Map<string, string>();
  readonly #order = new CreationOrder();

  get size(): number {
    return this.#users.size;
  }

  get(userId: string): StoredUser | undefined {
    return this.#users.get(userId);
  }

  /** Throws Clerk's 404 for an unknown user. */
  require(userId: string): StoredUser {
    const user = this.#users.get(userId);
    if (user === undefined) throw userNotFound(userId);
    return user;
  }

  all(): Iterable<StoredUser> {
    return this.#users.values();
  }

  *inCreationOrder(direction: "ascending" | "descending", after?: StoredUser): Generator<StoredUser> {
    for (const id of this.#order.walk(direction, after && entryOf(after))) {
      const user = this.#users.get(id);
      if (user !== undefined) yield user;
    }
  }

  holderOf(claim: Claim): string | undefined {
    return this.#holders.get(claim);
  }

  ownerOfEmail(emailAddressId: string): StoredUser | undefined {
    const ownerId = this.#ownersOfEmails.get(emailAddressId);
    return ownerId === undefined ? undefined : this.#users.get(ownerId);
  }

  put(user: StoredUser): void {
    const { id } = user.snapshot;
    const previous = this.#users.get(id);
    if (previous !== undefined) this.#unlink(previous);
    this.#users.set(id, user);
    for (const claim of claimsOf(user.snapshot)) this.#holders.set(claim, id);
    for (const email of user.snapshot.email_addresses) this.#ownersOfEmails.set(email.id, id);
    if (previous?.snapshot.created_at === user.snapshot.created_at) return;
    if (previous !== undefined) this.#order.remove(entryOf(previous));
    this.#order.add(entryOf(user));
  }

  remove(userId: string): void {
    const user = this.#users.get(userId);
    if (user === undefined) return;
    this.#unlink(user);
    this.#users.delete(userId);
    this.#order.remove(entryOf(user));
  }

  #unlink({ snapshot }: StoredUser): void {
    for (const claim of claimsOf(snapshot)) this.#holders.delete(claim);
    for (const email of snapshot.email_addresses) this.#ownersOfEmails.delete(email.id);
  }
}

function entryOf({ snapshot }: StoredUser): { id: string; createdAt: number } {
  return { id: snapshot.id, createdAt: snapshot.created_at };
}
