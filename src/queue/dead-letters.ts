import { z } from "zod";
import { loadScript } from "../redis/load-script.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** A message that could not be decided, with why. It waits for a person; nothing waits for it. */
export interface DeadLetter {
  /** The message's id: the same message is kept once, however often it comes. */
  readonly id: string;
  /** Who could not read it: the receiver (`body` is the webhook's body) or the worker (`body` is the queued message). */
  readonly stage: "received" | "queued";
  readonly reason: string;
  /** When it was put aside, ms by our clock. */
  readonly at: number;
  /** The message as far as it may be kept (no private metadata). */
  readonly body: string;
}

const deleteIfUnchanged = loadScript(new URL("delete-if-unchanged.lua", import.meta.url));

const deadLetterSchema = z.object({
  id: z.string(),
  stage: z.enum(["received", "queued"]),
  reason: z.string(),
  at: z.number(),
  body: z.string(),
});

/** Dead letters of all shards. Every call throws while Redis is away. */
export interface DeadLetters {
  /** Resolves once Redis holds the letter. Also drops what is older than the retention. */
  store(letter: DeadLetter): Promise<void>;
  count(): Promise<number>;
  /** The newest ones first. */
  list(offset: number, limit: number): Promise<DeadLetter[]>;
  find(id: string): Promise<DeadLetter | undefined>;
  /** False when there is no such letter. */
  delete(id: string): Promise<boolean>;
  /** Drops the letter unless the same message was put aside anew since it was read; false then. */
  removeIfUnchanged(letter: DeadLetter): Promise<boolean>;
}

/** A hash of letters and an index by time, in one slot. */
export function createDeadLetters(redis: RedisClient, redisPrefix: string, retentionMs: number): DeadLetters {
  const letters = `{${redisPrefix}:dead}:letters`;
  const byTime = `{${redisPrefix}:dead}:by-time`;
  return {
    store: async (letter) => {
      const old = await redis.zrangebyscore(byTime, "-inf", letter.at - retentionMs, "LIMIT", 0, 1_000);
      const expired = old.filter((id) => id !== letter.id);
      const transaction = redis
        .multi()
        .hset(letters, letter.id, JSON.stringify(letter))
        .zadd(byTime, letter.at, letter.id);
      if (expired.length > 0) transaction.hdel(letters, ...expired).zrem(byTime, ...expired);
      const replies = await transaction.exec();
      const failure = replies?.find(([error]) => error)?.[0];
      if (failure || !replies) throw new Error("Redis did not keep the dead letter", { cause: failure });
    },
    count: () => redis.hlen(letters),
    list: async (offset, limit) => {
      const ids = await redis.zrevrange(byTime, offset, offset + limit - 1);
      if (ids.length === 0) return [];
      return (await redis.hmget(letters, ...ids)).flatMap((stored) => (stored === null ? [] : parse(stored)));
    },
    find: async (id) => {
      const stored = await redis.hget(letters, id);
      return stored === null ? undefined : parse(stored);
    },
    delete: async (id) => {
      const replies = await redis.multi().hdel(letters, id).zrem(byTime, id).exec();
      return replies?.[0]?.[1] === 1;
    },
    removeIfUnchanged: async ({ id, at }) =>
      (await deleteIfUnchanged(redis, [letters, byTime], [id, String(at)])) === 1,
  };
}

const parse = (stored: string): DeadLetter => deadLetterSchema.parse(JSON.parse(stored));
