import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { Session } from "../resources/session.ts";

type SessionEventType = "session.created" | "session.ended" | "session.removed" | "session.revoked";

/** Tells the world of a session, with the whole user as it is now. */
export function publishSession(instance: Instance, type: SessionEventType, session: Session): void {
  const at = session.updated_at;
  const user = instance.users.get(session.user_id);
  instance.publish({ type, at, data: { ...session, user: user === undefined ? null : presentUser(user, at) } });
}
