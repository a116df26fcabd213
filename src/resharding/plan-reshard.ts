import type { PartitionCounts } from "../kafka/topics/grow-topics.ts";
import type { ShardLayout } from "./shard-layout.ts";

export type ReshardPlan =
  | { readonly outcome: "refused"; readonly reason: string }
  /** The bridge has this number already. */
  | { readonly outcome: "done" }
  /** `partitions`: the number that both topics have now. The owners of these shards must be fenced. */
  | { readonly outcome: "go"; readonly from: number; readonly partitions: number; readonly resumed: boolean };

/** Decides how to reach a number of shards from the layout in Redis and the partitions in Kafka. Pure. */
export function planReshard(shardLayout: ShardLayout | undefined, counts: PartitionCounts, to: number): ReshardPlan {
  const most = Math.max(counts.events, counts.states);
  const partitions = Math.min(counts.events, counts.states);
  if (partitions === 0) {
    return {
      outcome: "refused",
      reason: `A topic is missing, so there is nothing to move: start the bridge with SHARDS=${to}.`,
    };
  }
  if (to < most) {
    return {
      outcome: "refused",
      reason: `The topics have ${most} partitions, and Kafka cannot take any away. For ${to} shards give the bridge new topics, a new REDIS_PREFIX, KAFKA_GROUP_ID and KAFKA_TRANSACTIONAL_ID_PREFIX, and a backfill.`,
    };
  }
  const isMoving = shardLayout?.phase === "moving";
  if (!isMoving && shardLayout?.shards === to && partitions === to) return { outcome: "done" };
  const from = isMoving ? shardLayout.from : (shardLayout?.shards ?? partitions);
  return { outcome: "go", from, partitions, resumed: isMoving };
}
