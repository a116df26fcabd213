import { z } from "zod";
import { userBanned, userLocked, sessionNotFound } from "../errors/rejections.ts";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/user-directory.ts";
import type { Session } from "../resources/session.ts";
import { changeUser } from "../users/change-user.ts";
import { publishSession, getSession } from "../sessions/sessions.ts";
import type { ClerkUser } from "../resources/user.ts";
import type { SessionTokenSigner } from "../sessions/session-token-signer.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export const createSessionParams = z.strictObject({
  user_id: z.string(),
  active_organization_id: z.string().nullish(),
});

/**
 * Signs a user in. Clerk then sends two messages: `session.created`, and a `user.updated` in which only `last_sign_in_at`,
 * `last_active_at` and the version change.
 */
export function createSession(instance: Instance, params: z.output<typeof createSessionParams>): Session {
  const user = instance.users.require(params.user_id);
  const now = instance.now();
  const { banned, locked, lockout_expires_in_seconds: secondsLeft } = presentUser(user, now);
  if (banned) throw userBanned();
  if (locked) throw userLocked(secondsLeft ?? 0);
  const session = makeSession(instance, params.user_id, params.active_organization_id ?? null, now);
  instance.sessions.put(session);
  changeUser(instance, user, { last_sign_in_at: now, last_active_at: now - (now % DAY_MS) });
  publishSession(instance, "session.created", session);
  return session;
}

function makeSession(instance: Instance, userId: string, organizationId: string | null, at: number): Session {
  return {
    object: "session",
    id: instance.makeId("sess"),
    user_id: userId,
    client_id: instance.makeId("client"),
    actor: null,
    status: "active",
    last_active_organization_id: organizationId,
    last_active_at: at,
    latest_activity: {
      object: "session_activity",
      id: instance.makeId("sact"),
      is_mobile: false,
      device_type: "desktop",
      browser_name: "Chrome",
    },
    expire_at: at + 7 * DAY_MS,
    abandon_at: at + 30 * DAY_MS,
    created_at: at,
    updated_at: at,
  };
}

export const createSessionTokenParams = z.strictObject({
  expires_in_seconds: z.int().min(30).max(315_360_000).nullish(),
});

/** The claims that the dashboard's "Customize session token" adds to every token of a user. */
export type SessionClaims = (user: ClerkUser) => Readonly<Record<string, unknown>>;

/** A token of an active session, as the user's browser would have it. Throws 404 when the session has ended. */
export async function createSessionToken(
  instance: Instance,
  signer: SessionTokenSigner,
  sessionClaims: SessionClaims,
  sessionId: string,
  params: z.output<typeof createSessionTokenParams>,
): Promise<{ object: "token"; jwt: string }> {
  const session = getSession(instance, sessionId);
  if (session.status !== "active") throw sessionNotFound(sessionId);
  const user = presentUser(instance.users.require(session.user_id), instance.now());
  const jwt = await signer.sign({
    userId: user.id,
    sessionId,
    claims: sessionClaims(user),
    ...(params.expires_in_seconds ? { expiresInSeconds: params.expires_in_seconds } : {}),
  });
  return { object: "token", jwt };
}
