import { Redis } from "ioredis";
import type { BenchContext } from "../context.ts";

/** Deletes all data of the benchmarks' own Redis. */
export async function flushRedis({ redisUrl }: BenchContext): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  redis.disconnect();
}
