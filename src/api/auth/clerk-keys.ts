import { z } from "zod";
import type { Logger } from "../../shared/logger.ts";
import { readClerkPublicKey } from "./clerk-public-key.ts";

/** `unavailable`: Clerk did not say, so nobody knows. */
type FoundKey =
  | { readonly outcome: "found"; readonly pem: string }
  | { readonly outcome: "unknown" }
  | { readonly outcome: "unavailable"; readonly cause: unknown };

/** Finds the public key by the `kid` of a token's header. */
export type FindKey = (keyId: string) => Promise<FoundKey>;

/** One key, configured: no network, and no look at the key id. A new key in Clerk means a new configuration. */
export const createFixedKey =
  (pem: string): FindKey =>
  async () => ({ outcome: "found", pem });

export interface KeySetDeps {
  readonly secretKey: string;
  readonly apiUrl: string;
  readonly log: Logger;
  /** ms. */
  readonly now: () => number;
}

/** After so long a known key is used once more while the set is fetched anew: a key that Clerk withdrew ends then. */
const freshMs = 5 * 60_000;
/** Between two fetches, whatever key ids strangers think of; shorter after one that failed. */
const restMs = 30_000;
const restAfterFailureMs = 1_000;
const timeoutMs = 3_000;

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

/**
 * Clerk's keys by JWKS. One fetch at a time and then a rest, so an unknown key id costs Clerk at most one request in 30
 * seconds for each process; a key that is new in Clerk works after at most as long. Known keys go on working while Clerk
 * is away.
 */
export function createClerkKeySet({ secretKey, apiUrl, log, now }: KeySetDeps): FindKey {
  let keys: ReadonlyMap<string, string> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let restsUntil = Number.NEGATIVE_INFINITY;
  let failure: { readonly cause: unknown } | undefined;
  let fetching: Promise<void> | undefined;

  const fetchOnce = async () => {
    try {
      keys = readKeys(await fetchKeySet(apiUrl, secretKey), log);
      fetchedAt = now();
      failure = undefined;
      restsUntil = now() + restMs;
    } catch (cause) {
      log.warn({ event: "clerk.keys_unavailable", err: cause }, "Clerk's keys cannot be fetched");
      failure = { cause };
      restsUntil = now() + restAfterFailureMs;
    } finally {
      fetching = undefined;
    }
  };
  const refresh = (): Promise<void> | undefined => {
    if (fetching === undefined && now() >= restsUntil) fetching = fetchOnce();
    return fetching;
  };

  return async (keyId) => {
    const known = keys.get(keyId);
    if (known !== undefined) {
      if (now() - fetchedAt >= freshMs) void refresh();
      return { outcome: "found", pem: known };
    }
    await refresh();
    const pem = keys.get(keyId);
    if (pem !== undefined) return { outcome: "found", pem };
    return failure === undefined ? { outcome: "unknown" } : { outcome: "unavailable", cause: failure.cause };
  };
}

async function fetchKeySet(apiUrl: string, secretKey: string): Promise<z.infer<typeof keySetSchema>> {
  const response = await fetch(`${apiUrl}/v1/jwks`, {
    headers: { authorization: `Bearer ${secretKey}` },
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Clerk answered ${response.status}`);
  }
  return keySetSchema.parse(await response.json());
}

function readKeys({ keys }: z.infer<typeof keySetSchema>, log: Logger): ReadonlyMap<string, string> {
  const readable = new Map<string, string>();
  for (const key of keys) {
    try {
      readable.set(key.kid, readClerkPublicKey(key));
    } catch (error) {
      log.warn({ event: "clerk.key_unusable", keyId: key.kid, err: error }, "A key of Clerk's cannot be used");
    }
  }
  return readable;
}
