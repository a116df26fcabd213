import { skippedShardsKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/**
 * The shards that a run compares. A shard whose ledger is incomplete, because it is being rebuilt or its worker is stuck, does not show
 * which users are missing. The run skips it and continues with the others.
 */
export interface RunShards {
  compares(shard: number): boolean;
  skip(shard: number): void;
  compared(): readonly number[];
  skipped(): readonly number[];
}

export function createRunShards(shards: Iterable<number>): RunShards {
  const compared = new Set(shards);
  const skipped = new Set<number>();
  return {
    compares: (shard) => compared.has(shard),
    skip: (shard) => {
      if (compared.delete(shard)) skipped.add(shard);
    },
    compared: () => [...compared],
    skipped: () => [...skipped].toSorted((a, b) => a - b),
  };
}

/** No ledger is complete, so none shows which users are missing. */
export class LedgerIncompleteError extends Error {
  override readonly name = "LedgerIncompleteError";

  constructor(shards: readonly number[]) {
    super(`the ledgers of these shards are incomplete: ${shards.join()}`);
  }
}

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
