import { z } from "zod";
import { type RedisClient, loadScript } from "../redis/redis-client.ts";
import { deadLetterKeys } from "../redis/keys.ts";
import { positive } from "../shared/environment.ts";

/** A message that could not be decided, with the reason. It is stored until an operator inspects it, and blocks nothing. */
export interface DeadLetter {
  /** The message's id: the same message is stored once, however often it comes. */
  readonly id: string;
  /** Where it failed: in the receiver (`body` is the webhook's body) or in the worker (`body` is the queued message). */
  readonly stage: "received" | "queued";
  readonly reason: string;
  /** When it was stored, in ms by our clock. */
  readonly at: number;
  /** The message without what must not be stored (private metadata). */
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

/** Dead letters of all shards. Every call throws while Redis is unavailable. */
export interface DeadLetters {
  /** Resolves once Redis has stored the dead letter. Also deletes dead letters older than the retention. */
  store(deadLetter: DeadLetter): Promise<void>;
  count(): Promise<number>;
  /** The newest ones first. */
  list(offset: number, limit: number): Promise<DeadLetter[]>;
  find(id: string): Promise<DeadLetter | undefined>;
  /** False when there is no such dead letter. */
  delete(id: string): Promise<boolean>;
  /** Deletes the dead letter unless the same message was stored again since it was read; false in that case. */
  removeIfUnchanged(deadLetter: DeadLetter): Promise<boolean>;
}

/** A hash of dead letters and an index by time, in one slot. */
export function createDeadLetters(redis: RedisClient, redisPrefix: string, retentionMs: number): DeadLetters {
  const { deadLetters, byTime } = deadLetterKeys(redisPrefix);
  return {
    store: async (deadLetter) => {
      const old = await redis.zrangebyscore(byTime, "-inf", deadLetter.at - retentionMs, "LIMIT", 0, 1_000);
      const expired = old.filter((id) => id !== deadLetter.id);
      const transaction = redis
        .multi()
        .hset(deadLetters, deadLetter.id, JSON.stringify(deadLetter))
        .zadd(byTime, deadLetter.at, deadLetter.id);
      if (expired.length > 0) transaction.hdel(deadLetters, ...expired).zrem(byTime, ...expired);
      const replies = await transaction.exec();
      const failure = replies?.find(([error]) => error)?.[0];
      if (failure || !replies) throw new Error("Redis did not store the dead letter", { cause: failure });
    },
    count: () => redis.hlen(deadLetters),
    list: async (offset, limit) => {
      const ids = await redis.zrevrange(byTime, offset, offset + limit - 1);
      if (ids.length === 0) return [];
      return (await redis.hmget(deadLetters, ...ids)).flatMap((stored) => (stored === null ? [] : parse(stored)));
    },
    find: async (id) => {
      const stored = await redis.hget(deadLetters, id);
      return stored === null ? undefined : parse(stored);
    },
    delete: async (id) => {
      const replies = await redis.multi().hdel(deadLetters, id).zrem(byTime, id).exec();
      return replies?.[0]?.[1] === 1;
    },
    removeIfUnchanged: async ({ id, at }) =>
      (await deleteIfUnchanged(redis, [deadLetters, byTime], [id, String(at)])) === 1,
  };
}

const parse = (stored: string): DeadLetter => deadLetterSchema.parse(JSON.parse(stored));

export const DEAD_LETTERS_ENVIRONMENT = {
  DEAD_LETTER_RETENTION_MS: positive.default(30 * 86_400_000).describe("Time that dead letters are kept, in ms"),
};

export const toDeadLettersConfig = (env: z.infer<z.ZodObject<typeof DEAD_LETTERS_ENVIRONMENT>>) => ({
  retentionMs: env.DEAD_LETTER_RETENTION_MS,
});
