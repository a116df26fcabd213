import { skippedShardsKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** The shards that earlier runs have skipped, and that a full sweep has not compared since. */
export interface SkippedShards {
  read(): Promise<readonly number[]>;
  add(shards: readonly number[]): Promise<void>;
  remove(shards: readonly number[]): Promise<void>;
}

/** Every call throws what Redis throws. */
export function createSkippedShards(redis: RedisClient, redisPrefix: string): SkippedShards {
  const key = skippedShardsKey(redisPrefix);
  return {
    read: async () => (await redis.smembers(key)).map(Number),
    add: async (shards) => void (shards.length > 0 && (await redis.sadd(key, ...shards))),
    remove: async (shards) => void (shards.length > 0 && (await redis.srem(key, ...shards))),
  };
}
