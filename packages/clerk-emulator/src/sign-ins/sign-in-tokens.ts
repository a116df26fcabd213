import { z } from "zod";
import type { Instance } from "../instance/instance.ts";
import type { SignInToken } from "../resources/session.ts";
import { resourceNotFound, signInTokenNotRevocable } from "../errors/rejections.ts";

export const createSignInTokenParams = z.strictObject({
  user_id: z.string(),
  org_id: z.string().nullish(),
  expires_in_seconds: z.int().min(1).nullish(),
});

/** Creates a sign-in token. The emulator never accepts it, so it stays pending until revoked. */
export function createSignInToken(instance: Instance, params: z.output<typeof createSignInTokenParams>): SignInToken {
  const { id: userId } = instance.users.require(params.user_id).snapshot;
  const at = instance.now();
  const ticket = `${instance.makeId("sit")}${instance.makeId("sit")}`;
  const token: SignInToken = {
    object: "sign_in_token",
    id: instance.makeId("sit"),
    status: "pending",
    user_id: userId,
    token: ticket,
    url: `${instance.issuer}/v1/tickets/accept?ticket=${ticket}`,
    created_at: at,
    updated_at: at,
  };
  instance.signInTokens.set(token.id, token);
  return token;
}

/** Revokes a pending token. */
export function revokeSignInToken(instance: Instance, tokenId: string): SignInToken {
  const token = instance.signInTokens.get(tokenId);
  if (token === undefined) throw resourceNotFound();
  if (token.status !== "pending") throw signInTokenNotRevocable(token.status);
  const revoked: SignInToken = { ...token, status: "revoked", updated_at: instance.now() };
  instance.signInTokens.set(tokenId, revoked);
  return revoked;
}
