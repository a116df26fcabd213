import type { Instance } from "../instance/instance.ts";
import type { Session } from "../resources/session.ts";
import { publishSession } from "./publish-session.ts";

/**
 * Takes a session out of use and tells the world. `ended` and `removed` come from the user signing out (of one session,
 * of the browser), `revoked` from an administrator. A session that is not in use any more stays as it is.
 */
export function closeSession(instance: Instance, sessionId: string, status: "ended" | "removed" | "revoked"): Session {
  const session = instance.sessions.require(sessionId);
  if (session.status !== "active") return session;
  const closed: Session = { ...session, status, updated_at: instance.now() };
  instance.sessions.put(closed);
  publishSession(instance, `session.${status}`, closed);
  return closed;
}
