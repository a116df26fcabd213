import type { ClerkUser } from "../resources/user.ts";
import { sessionNotFound } from "../errors/rejections.ts";
import type { Session } from "../resources/session.ts";

export type ClaimKind = "email_address" | "phone_number" | "username" | "web3_wallet" | "external_id";

/** A value that only one user of the instance may have, such as `email_address:ada@example.com`. */
export type Claim = `${ClaimKind}:${string}`;

/** The values that no other user may have. An address that is neither verified nor reserved is not claimed. */
export function claimsOf(user: ClerkUser): Claim[] {
  const claims: Claim[] = [];
  for (const email of user.email_addresses) {
    if (email.verification !== null || email.reserved) claims.push(`email_address:${email.email_address}`);
  }
  for (const phone of user.phone_numbers) {
    if (phone.verification !== null || phone.reserved) claims.push(`phone_number:${phone.phone_number}`);
  }
  for (const wallet of user.web3_wallets) claims.push(`web3_wallet:${wallet.web3_wallet}`);
  if (user.username !== null) claims.push(`username:${user.username}`);
  if (user.external_id !== null) claims.push(`external_id:${user.external_id}`);
  return claims;
}

/** All sessions of the instance, by id and by user. */
export class SessionDirectory {
  readonly #sessions = new Map<string, Session>();
  readonly #idsByUser = new Map<string, Set<string>>();

  /** Throws Clerk's 404 for an unknown session. */
  require(sessionId: string): Session {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw sessionNotFound(sessionId);
    return session;
  }

  put(session: Session): void {
    this.#sessions.set(session.id, session);
    const ids = this.#idsByUser.get(session.user_id);
    if (ids === undefined) this.#idsByUser.set(session.user_id, new Set([session.id]));
    else ids.add(session.id);
  }

  removeAllOf(userId: string): void {
    for (const id of this.#idsByUser.get(userId) ?? []) this.#sessions.delete(id);
    this.#idsByUser.delete(userId);
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  *ofUser(userId: string): Generator<Session> {
    for (const id of this.#idsByUser.get(userId) ?? []) {
      const session = this.#sessions.get(id);
      if (session !== undefined) yield session;
    }
  }
}
