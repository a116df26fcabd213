import { z } from "zod";
import { watermarkKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/**
 * The time up to which Clerk's changes have been compared: every user with an `updated_at` up to it has been compared since, and
 * missed changes were queued.
 */
export interface Watermark {
  /** In ms by Clerk's clock; undefined before the first run, and when Redis has lost it. */
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
