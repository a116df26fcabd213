import { createHash } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { LRUCache } from "lru-cache";
import type { Caller } from "../http/caller.ts";

/** What a token proves. `reason` is for the log. `unavailable`: it could not be verified now. */
export type Verified =
  | { readonly outcome: "verified"; readonly caller: Caller; /** ms */ readonly expiresAt: number }
  | { readonly outcome: "rejected"; readonly reason: string }
  | { readonly outcome: "unavailable"; readonly cause: unknown };

/** Verifies a token of one kind. Never throws for what a token may hold. */
export type VerifyToken = (token: string) => Promise<Verified>;

export const rejected = (reason: string): Verified => ({ outcome: "rejected", reason });

export interface TokenKinds {
  readonly session: VerifyToken;
  /** Undefined: there are no service tokens. */
  readonly service: VerifyToken | undefined;
}

/** A token longer than this is none of ours. */
const longestToken = 8_192;
const cachedTokens = 5_000;
const cachedForMs = 60_000;

/**
 * Verifies a token of any kind. Each algorithm has its one kind and each kind its own key, so a token cannot choose what
 * its signature is checked with. What was proved is remembered by the token's hash for a minute, never beyond its expiry.
 */
export function createTokenVerifier(kinds: TokenKinds, now: () => number): VerifyToken {
  const cache = new LRUCache<string, { readonly verified: Verified; readonly until: number }>({ max: cachedTokens });
  return async (token) => {
    if (token.length > longestToken) return rejected("too_long");
    const key = createHash("sha256").update(token).digest("base64");
    const cached = cache.get(key);
    if (cached !== undefined && now() < cached.until) return cached.verified;

    const verify = kindOf(kinds, token);
    if (verify === undefined) return rejected("unknown_algorithm");
    const verified = await verify(token);
    if (verified.outcome === "verified") {
      cache.set(key, { verified, until: Math.min(now() + cachedForMs, verified.expiresAt) });
    }
    return verified;
  };
}

function kindOf({ session, service }: TokenKinds, token: string): VerifyToken | undefined {
  try {
    const { alg } = decodeProtectedHeader(token);
    if (alg === "RS256") return session;
    if (alg === "HS256") return service;
  } catch {
    // Not even a header: no kind of token.
  }
  return undefined;
}
