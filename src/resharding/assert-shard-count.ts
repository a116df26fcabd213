import { once } from "node:events";
import type { RedisClient } from "../redis/redis-client.ts";
import { StartUpError } from "../shared/errors.ts";
import { createShardLayoutRecord } from "./shard-layout.ts";
import type { ShardLayout } from "./shard-layout.ts";

export interface ExpectedShardCount {
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly shards: number;
  /** The error of a process with another number of shards. */
  readonly shardCountError: (shardLayout: ShardLayout, shards: number) => string | undefined;
}

/** Whether the bridge has this process's number of shards: `true` or the error. `true` also while Redis is unavailable. */
export async function checkShardCount({
  redis,
  redisPrefix,
  shards,
  shardCountError,
}: ExpectedShardCount): Promise<true | string> {
  try {
    const shardLayout = await createShardLayoutRecord(redis, redisPrefix).read();
    return (shardLayout && shardCountError(shardLayout, shards)) ?? true;
  } catch {
    return true;
  }
}

/**
 * Throws a {@link StartUpError} when the bridge has another number of shards. Waits for Redis for at most `waitMs`: the check tells
 * the operator early, and nothing depends on it.
 */
export async function assertShardCount(own: ExpectedShardCount, waitMs: number): Promise<void> {
  if (own.redis.status !== "ready") {
    await once(own.redis, "ready", { signal: AbortSignal.timeout(waitMs) }).catch(() => {});
  }
  const checked = await checkShardCount(own);
  if (checked !== true) throw new StartUpError(checked);
}
