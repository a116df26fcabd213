import type { Instance } from "../instance/instance.ts";
import type { Session } from "../resources/session.ts";
import { presentSession } from "./present-session.ts";

/** The session as Clerk answers it now. */
export function getSession(instance: Instance, sessionId: string): Session {
  return presentSession(instance.sessions.require(sessionId), instance.now());
}
