import { openLedger } from "../src/ledger/shard-ledger.ts";
import { shardPrefix } from "../src/redis/keys.ts";
import { openTopologyRecord } from "../src/resharding/shard-layout.ts";
import type { ReshardDeps } from "../src/resharding/reshard.ts";
import type { Bridge } from "./open-bridge.ts";

type Doors = Omit<ReshardDeps, "untilConsumed" | "atStep" | "onProgress">;

/** What a change of the number of shards works on. `beforeCommit` is called within each transaction that moves states. */
export async function openResharding(
  { config, redis, eventLog, signal }: Bridge,
  beforeCommit?: () => Promise<void>,
): Promise<Doors> {
  const { prefix } = config.redis;
  return {
    topology: openTopologyRecord(redis, prefix),
    eventLog,
    openPublisher: (shard, movesAmong) => eventLog.openPublisher(shard, beforeCommit, movesAmong),
    openLedger: (shard) => openLedger(redis, shardPrefix(prefix, shard)),
    cluster: await eventLog.clusterId(),
    maxStates: config.kafka.batchMaxMessages,
    signal,
  };
}
