import { sessionNotFound } from "../errors/refusals.ts";
import type { Session } from "../resources/session.ts";

/** All sessions of the instance, by id and by user. */
export class SessionDirectory {
  readonly #sessions = new Map<string, Session>();
  readonly #idsByUser = new Map<string, Set<string>>();

  /** Throws Clerk's 404 when there is no such session. */
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
