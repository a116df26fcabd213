import type { Redis } from "ioredis";

/** A message that could not be decided, with why. It waits for a person; nothing waits for it. */
export interface DeadLetter {
  /** The message's id: the same message is kept once, however often it comes. */
  readonly id: string;
  readonly reason: string;
  /** When it was put aside, ms by our clock. */
  readonly at: number;
  /** The message as far as it may be kept (no private metadata). */
  readonly body: string;
}

export interface DeadLetters {
  /** Resolves once Redis holds the letter. Also drops what is older than the retention. */
  keep(letter: DeadLetter): Promise<void>;
  count(): Promise<number>;
}

/** Dead letters of all shards: a hash of letters and an index by time, in one slot. */
export function openDeadLetters(redis: Redis, redisPrefix: string, retentionMs: number): DeadLetters {
  const letters = `{${redisPrefix}:dead}:letters`;
  const byTime = `{${redisPrefix}:dead}:by-time`;
  return {
    keep: async (letter) => {
      const expired = await redis.zrangebyscore(byTime, "-inf", letter.at - retentionMs, "LIMIT", 0, 1_000);
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
  };
}
