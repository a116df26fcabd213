import { z } from "zod";
import { watermarkKey } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

/**
 * Up to when Clerk's changes have been compared: every user whose `updated_at` is not later was, at least once since, and
 * what was missing was queued.
 */
export interface Watermark {
  /** Milliseconds, by Clerk's clock; undefined when there was no run yet, or Redis has lost it. */
  read(): Promise<number | undefined>;
  write(at: number): Promise<void>;
}

export function createWatermark(redis: RedisClient, redisPrefix: string): Watermark {
  const key = watermarkKey(redisPrefix);
  return {
    read: async () =>
      z.coerce
        .number()
        .optional()
        .catch(undefined)
        .parse((await redis.get(key)) ?? undefined),
    write: async (at) => void (await redis.set(key, at)),
  };
}
