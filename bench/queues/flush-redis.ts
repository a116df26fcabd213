import { Redis } from "ioredis";
import type { BenchContext } from "../context.ts";

/** Empties the bench's own Redis. */
export async function flushRedis({ redisUrl }: BenchContext): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  redis.disconnect();
}
