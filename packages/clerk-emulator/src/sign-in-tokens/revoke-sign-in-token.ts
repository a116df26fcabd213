import { resourceNotFound, signInTokenNotRevocable } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import type { SignInToken } from "../resources/sign-in-token.ts";

/** Makes a pending token useless. */
export function revokeSignInToken(instance: Instance, tokenId: string): SignInToken {
  const token = instance.signInTokens.get(tokenId);
  if (token === undefined) throw resourceNotFound();
  if (token.status !== "pending") throw signInTokenNotRevocable(token.status);
  const revoked: SignInToken = { ...token, status: "revoked", updated_at: instance.now() };
  instance.signInTokens.set(tokenId, revoked);
  return revoked;
}
