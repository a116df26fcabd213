import { z } from "zod";
import { sessionNotFound } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import type { SessionTokenSigner } from "../tokens/session-token-signer.ts";
import { getSession } from "./get-session.ts";

export const createSessionTokenParams = z.strictObject({
  expires_in_seconds: z.int().min(30).max(315_360_000).nullish(),
});

/** What the dashboard's «customize session token» adds to every token of a user. */
export type SessionClaims = (user: ClerkUser) => Readonly<Record<string, unknown>>;

/** A token for a session in use, as the browser of its user would hold it. Throws 404 when the session is over. */
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
