import type { Session } from "../resources/session.ts";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/user-directory.ts";
import { z } from "zod";
import { rejectForm } from "../errors/clerk-api-error.ts";
import { paramValueInvalid } from "../errors/form-errors.ts";
import { type QueryValues, readPage } from "../instance/parse-params.ts";

/** The session as Clerk returns it at a time. A session expires without a change of the stored session. */
function presentSession(session: Session, now: number): Session {
  return session.status === "active" && session.expire_at <= now ? { ...session, status: "expired" } : session;
}

type SessionEventType = "session.created" | "session.ended" | "session.removed" | "session.revoked";

/** Publishes an event about a session, with the current state of its user. */
export function publishSession(instance: Instance, type: SessionEventType, session: Session): void {
  const at = session.updated_at;
  const user = instance.users.get(session.user_id);
  instance.publish({ type, at, data: { ...session, user: user === undefined ? null : presentUser(user, at) } });
}

/**
 * Closes an active session and publishes the event. `ended` and `removed` come from the user signing out (of one session,
 * of the browser), `revoked` from an administrator. A session that is no longer active stays unchanged.
 */
export function closeSession(instance: Instance, sessionId: string, status: "ended" | "removed" | "revoked"): Session {
  const session = instance.sessions.require(sessionId);
  if (session.status !== "active") return session;
  const closed: Session = { ...session, status, updated_at: instance.now() };
  instance.sessions.put(closed);
  publishSession(instance, `session.${status}`, closed);
  return closed;
}

/** The session as Clerk returns it now. */
export function getSession(instance: Instance, sessionId: string): Session {
  return presentSession(instance.sessions.require(sessionId), instance.now());
}

const statuses = z.enum(["abandoned", "active", "ended", "expired", "removed", "replaced", "revoked"]);

/** One page of the sessions of a user, of a client or of all, newest first, and the number of sessions on all pages. */
export function listSessions(
  instance: Instance,
  query: QueryValues,
): { readonly data: readonly Session[]; readonly total_count: number } {
  const { limit, offset } = readPage(query);
  const [userId, clientId, status] = [query["user_id"]?.[0], query["client_id"]?.[0], query["status"]?.[0]];
  if (status !== undefined && !statuses.safeParse(status).success) rejectForm([paramValueInvalid("status", status)]);
  const now = instance.now();
  const sessions = [...(userId === undefined ? instance.sessions.all() : instance.sessions.ofUser(userId))]
    .map((session) => presentSession(session, now))
    .filter((session) => clientId === undefined || session.client_id === clientId)
    .filter((session) => status === undefined || session.status === status)
    .toReversed()
    .toSorted((left, right) => right.created_at - left.created_at);
  return { data: sessions.slice(offset, offset + limit), total_count: sessions.length };
}

/** Revokes every active session of a user, as a ban does, and a password change on request. */
export function revokeSessionsOfUser(instance: Instance, userId: string): void {
  for (const { id } of instance.sessions.ofUser(userId)) closeSession(instance, id, "revoked");
}
