import type { Session } from "../resources/session.ts";

/** What Clerk answers about a session at a time: one that has run out has ended without any change of it. */
export function presentSession(session: Session, now: number): Session {
  return session.status === "active" && session.expire_at <= now ? { ...session, status: "expired" } : session;
}
