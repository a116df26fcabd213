import { once } from "node:events";
import type { RedisClient } from "../redis/redis-client.ts";
import { StartUpError } from "../shared/errors.ts";
import { openTopologyRecord } from "./shard-layout.ts";
import type { Topology } from "./shard-layout.ts";

export interface OwnTopology {
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly shards: number;
  /** What this process cannot work with. */
  readonly refusalOf: (topology: Topology, shards: number) => string | undefined;
}

/** Whether the bridge has this process's number of shards: `true`, or what is wrong; `true` also while Redis is away. */
export async function checkTopology({ redis, redisPrefix, shards, refusalOf }: OwnTopology): Promise<true | string> {
  try {
    const topology = await openTopologyRecord(redis, redisPrefix).read();
    return (topology && refusalOf(topology, shards)) ?? true;
  } catch {
    return true;
  }
}

/**
 * Throws a {@link StartUpError} when the bridge has another number of shards. Waits so long for Redis and no longer: this
 * is to tell the operator at once, and no safeguard.
 */
export async function refuseOtherTopology(own: OwnTopology, waitMs: number): Promise<void> {
  if (own.redis.status !== "ready") {
    await once(own.redis, "ready", { signal: AbortSignal.timeout(waitMs) }).catch(() => {});
  }
  const checked = await checkTopology(own);
  if (checked !== true) throw new StartUpError(checked);
}
