import { createHmac } from "node:crypto";
import { z } from "zod";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface IdempotencyOptions {
  /** Must fail fast: a request waits for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  /** Bodies are kept as a hash keyed by it: a password in one could be guessed from a plain hash. */
  readonly secret: string;
}

/** One request that is to be done once. Whoever sends it is a part of its name: nobody gets another's answer. */
export interface IdempotentRequest {
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
  readonly body: string;
}

const answerSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});
export type KeptAnswer = z.infer<typeof answerSchema>;

export type Claim =
  /** The caller runs the request, and then keeps its answer or releases the claim. */
  | { readonly outcome: "claimed" }
  | { readonly outcome: "answered"; readonly answer: KeptAnswer }
  | { readonly outcome: "running" }
  /** The key came with another body before. */
  | { readonly outcome: "contradicted" };

/** Requests with an idempotency key, and their answers, in Redis. All throw while Redis is away. */
export interface IdempotencyRecords {
  claim(request: IdempotentRequest): Promise<Claim>;
  /** For a day from now. */
  keep(request: IdempotentRequest, answer: KeptAnswer): Promise<void>;
  /** So that a repeat runs. */
  release(request: IdempotentRequest): Promise<void>;
}

const keepMs = 24 * 3_600_000;
/** Longer than any request runs: a process that died in one leaves its key in use for so long. */
const claimMs = 5 * 60_000;

const recordSchema = z.object({ bodyHash: z.string(), answer: answerSchema.optional() });

export function createIdempotencyRecords({ redis, redisPrefix, secret }: IdempotencyOptions): IdempotencyRecords {
  const hash = (...parts: readonly string[]) =>
    createHmac("sha256", secret).update(JSON.stringify(parts)).digest("base64url");
  const keyOf = ({ caller, operation, key }: IdempotentRequest) =>
    `${redisPrefix}:idempotency:${hash(caller, operation, key)}`;
  const write = ({ body }: IdempotentRequest, answer?: KeptAnswer) => JSON.stringify({ bodyHash: hash(body), answer });

  return {
    claim: async (request) => {
      const claimed = await redis.set(keyOf(request), write(request), "PX", claimMs, "NX");
      if (claimed !== null) return { outcome: "claimed" };
      const stored = await redis.get(keyOf(request));
      // Released in between: whoever repeats claims it.
      if (stored === null) return { outcome: "running" };
      const record = recordSchema.parse(JSON.parse(stored));
      if (record.bodyHash !== hash(request.body)) return { outcome: "contradicted" };
      return record.answer === undefined ? { outcome: "running" } : { outcome: "answered", answer: record.answer };
    },
    keep: async (request, answer) => {
      await redis.set(keyOf(request), write(request, answer), "PX", keepMs);
    },
    release: async (request) => {
      await redis.unlink(keyOf(request));
    },
  };
}
