import { createShardLedger } from "../../src/ledger/shard-ledger.ts";
import { shardPrefix } from "../../src/redis/keys.ts";
import { createShardLayoutRecord } from "../../src/resharding/shard-layout.ts";
import type { ReshardDeps } from "../../src/resharding/reshard.ts";
import type { Bridge } from "./cli-context.ts";

type Doors = Omit<ReshardDeps, "untilConsumed" | "atStep" | "onProgress">;

/** What a change of the number of shards works on. `beforeCommit` is called within each transaction that moves states. */
export async function openResharding(
  { config, redis, eventLog, signal }: Bridge,
  beforeCommit?: () => Promise<void>,
): Promise<Doors> {
  const { prefix } = config.redis;
  return {
    shardLayout: createShardLayoutRecord(redis, prefix),
    eventLog,
    openPublisher: (shard, movesAmong) => eventLog.openPublisher(shard, beforeCommit, movesAmong),
    createShardLedger: (shard) => createShardLedger(redis, shardPrefix(prefix, shard)),
    cluster: await eventLog.clusterId(),
    maxStates: config.kafka.batchMaxMessages,
    signal,
  };
}
