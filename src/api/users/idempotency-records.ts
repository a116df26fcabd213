import { idempotencyKey } from "../../redis/keys.ts";
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface IdempotencyOptions {
  /** A connection that fails fast, because requests wait for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  /** The key of the hash under which bodies are stored. A password in a body could be guessed from a plain hash. */
  readonly secret: string;
}

/** A request to be executed once. The caller is part of its identity, so that no caller gets another one's response. */
export interface IdempotentRequest {
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
  readonly body: string;
}

const responseSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});
export type StoredResponse = z.infer<typeof responseSchema>;

export type Claim =
  /** The caller executes the request, and then stores its response or releases the claim. */
  | { readonly outcome: "claimed" }
  | { readonly outcome: "completed"; readonly response: StoredResponse }
  | { readonly outcome: "running" }
  /** The key was used with a different body. */
  | { readonly outcome: "body_mismatch" };

/** Requests with an idempotency key and their responses, in Redis. Every method throws while Redis is unavailable. */
export interface IdempotencyRecords {
  claim(request: IdempotentRequest): Promise<Claim>;
  /** Stores the response for one day. */
  store(request: IdempotentRequest, response: StoredResponse): Promise<void>;
  /** Ends the claim without a response, so that a repeated request is executed. */
  release(request: IdempotentRequest): Promise<void>;
}

const retentionMs = 24 * 3_600_000;
/** Longer than any request takes. When a process dies during a request, the key stays in use until then. */
const claimMs = 5 * 60_000;

/** The field names are those of stored records. */
const recordSchema = z.object({ bodyHash: z.string(), answer: responseSchema.optional() });

export function createIdempotencyRecords({ redis, redisPrefix, secret }: IdempotencyOptions): IdempotencyRecords {
  const hash = (...parts: readonly string[]) =>
    createHmac("sha256", secret).update(JSON.stringify(parts)).digest("base64url");
  const keyOf = ({ caller, operation, key }: IdempotentRequest) =>
    idempotencyKey(redisPrefix, hash(caller, operation, key));
  const serialize = ({ body }: IdempotentRequest, answer?: StoredResponse) =>
    JSON.stringify({ bodyHash: hash(body), answer });

  return {
    claim: async (request) => {
      const claimed = await redis.set(keyOf(request), serialize(request), "PX", claimMs, "NX");
      if (claimed !== null) return { outcome: "claimed" };
      const stored = await redis.get(keyOf(request));
      // Released in between: the next request claims it.
      if (stored === null) return { outcome: "running" };
      const record = recordSchema.parse(JSON.parse(stored));
      if (record.bodyHash !== hash(request.body)) return { outcome: "body_mismatch" };
      return record.answer === undefined ? { outcome: "running" } : { outcome: "completed", response: record.answer };
    },
    store: async (request, response) => {
      await redis.set(keyOf(request), serialize(request, response), "PX", retentionMs);
    },
    release: async (request) => {
      await redis.unlink(keyOf(request));
    },
  };
}
