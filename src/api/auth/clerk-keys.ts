import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { Logger } from "../../shared/logger.ts";

/** `unavailable`: the key set cannot be fetched, so the key may or may not exist. */
type FoundKey =
  | { readonly outcome: "found"; readonly pem: string }
  | { readonly outcome: "unknown" }
  | { readonly outcome: "unavailable"; readonly cause: unknown };

/** Finds the public key for the `kid` of a token's header. */
export type FindKey = (keyId: string) => Promise<FoundKey>;

/** One configured key for every key id, without network calls. A key rotation in Clerk needs a new configuration. */
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

/** After this age the next use of a known key also refreshes the set; a key that Clerk withdrew then stops working. */
const maxAgeMs = 5 * 60_000;
/** Pause between two fetches, so that invented key ids cause no load on Clerk; shorter after a failed fetch. */
const cooldownMs = 30_000;
const cooldownAfterFailureMs = 1_000;
const timeoutMs = 3_000;

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) });

/**
 * Clerk's public keys, fetched as JWKS. Each process fetches at most once in 30 seconds, however many unknown key ids it
 * sees; a new key in Clerk works after at most that time. Known keys keep working while Clerk is unavailable.
 */
export function createClerkKeySet({ secretKey, apiUrl, log, now }: KeySetDeps): FindKey {
  let keys: ReadonlyMap<string, string> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let nextFetchAt = Number.NEGATIVE_INFINITY;
  let failure: { readonly cause: unknown } | undefined;
  let fetching: Promise<void> | undefined;

  const fetchOnce = async () => {
    try {
      keys = readKeys(await fetchKeySet(apiUrl, secretKey), log);
      fetchedAt = now();
      failure = undefined;
      nextFetchAt = now() + cooldownMs;
    } catch (cause) {
      log.warn({ event: "clerk.keys_unavailable", err: cause }, "Clerk's keys cannot be fetched");
      failure = { cause };
      nextFetchAt = now() + cooldownAfterFailureMs;
    } finally {
      fetching = undefined;
    }
  };
  const refresh = (): Promise<void> | undefined => {
    if (fetching === undefined && now() >= nextFetchAt) fetching = fetchOnce();
    return fetching;
  };

  return async (keyId) => {
    const known = keys.get(keyId);
    if (known !== undefined) {
      if (now() - fetchedAt >= maxAgeMs) void refresh();
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
      log.warn({ event: "clerk.key_unusable", keyId: key.kid, err: error }, "A key of Clerk cannot be used");
    }
  }
  return readable;
}

/**
 * Converts a key to the only form that Clerk's SDK reads: PEM (SPKI), RSA with 2048 bits and exponent 65537. Throws the
 * errors of `createPublicKey`, and an Error for any other kind of key.
 */
export function readClerkPublicKey(key: string | JsonWebKey): string {
  if (typeof key === "string" && key.includes("PRIVATE KEY")) throw new Error("is a private key");
  const publicKey = createPublicKey(typeof key === "string" ? key : { key, format: "jwk" });
  if (!isClerkKind(publicKey)) throw new Error("is not an RSA key of 2048 bits");
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

function isClerkKind({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return (
    asymmetricKeyType === "rsa" &&
    asymmetricKeyDetails?.modulusLength === 2_048 &&
    asymmetricKeyDetails.publicExponent === 65_537n
  );
}
