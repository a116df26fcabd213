import { coverageKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/**
 * Whether the bridge knows every user of Clerk: a full sweep or a backfill has queued those that it did not know. Before that, and after
 * Redis has lost its data, the ledgers may lack users. Every call throws while Redis is unavailable.
 */
export interface Coverage {
  isFull(): Promise<boolean>;
  /** `at`: now, in ms. */
  markFull(at: number): Promise<void>;
}

export function createCoverage(redis: RedisClient, redisPrefix: string): Coverage {
  const key = coverageKey(redisPrefix);
  return {
    isFull: async () => (await redis.exists(key)) === 1,
    markFull: async (at) => void (await redis.set(key, at)),
  };
}
