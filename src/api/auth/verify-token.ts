import { createHash } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { LRUCache } from "lru-cache";
import type { Caller } from "../http/caller.ts";

/** The result of a verification. `reason` is for the log. `unavailable`: the token cannot be verified now. */
export type Verified =
  | { readonly outcome: "verified"; readonly caller: Caller; /** ms */ readonly expiresAt: number }
  | { readonly outcome: "rejected"; readonly reason: string }
  | { readonly outcome: "unavailable"; readonly cause: unknown };

/** Verifies a token of one kind. Never throws because of the content of a token. */
export type VerifyToken = (token: string) => Promise<Verified>;

export const rejected = (reason: string): Verified => ({ outcome: "rejected", reason });

export interface TokenKinds {
  readonly session: VerifyToken;
  /** Undefined when service tokens are disabled. */
  readonly service: VerifyToken | undefined;
}

/** Longer tokens are rejected without being parsed. */
const maxTokenLength = 8_192;
const maxCachedTokens = 5_000;
const cacheTtlMs = 60_000;

/**
 * Verifies a token of any kind. Each algorithm belongs to exactly one kind and each kind has its own key, so a token cannot
 * choose the key that checks its signature. A verified token is cached by its hash for a minute, never beyond its expiry.
 */
export function createTokenVerifier(kinds: TokenKinds, now: () => number): VerifyToken {
  const cache = new LRUCache<string, { readonly verified: Verified; readonly until: number }>({ max: maxCachedTokens });
  return async (token) => {
    if (token.length > maxTokenLength) return rejected("too_long");
    const key = createHash("sha256").update(token).digest("base64");
    const cached = cache.get(key);
    if (cached !== undefined && now() < cached.until) return cached.verified;

    const verify = kindOf(kinds, token);
    if (verify === undefined) return rejected("unknown_algorithm");
    const verified = await verify(token);
    if (verified.outcome === "verified") {
      cache.set(key, { verified, until: Math.min(now() + cacheTtlMs, verified.expiresAt) });
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
    // No readable header: not a token of any kind.
  }
  return undefined;
}
