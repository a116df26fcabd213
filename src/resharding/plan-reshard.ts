import type { State } from "../domain/state.ts";
import { lengthOf } from "../domain/user.ts";
import type { MovedState } from "../kafka/records/records.ts";
import type { PartitionCounts } from "../kafka/topics/partitions.ts";
import type { ShardLayout } from "./shard-layout.ts";

/** Half of what Kafka accepts for a partition in one request. A character can take 6 bytes; each record has headers. */
const maxTransactionBytes = 500_000;
const recordBytes = 800;
const characterBytes = 6;

const sizeOf = (state: State) =>
  2 * recordBytes + (state.status === "present" ? characterBytes * lengthOf(state.user) : 0);

/** Splits the states that leave one partition into transactions. Pure. */
export function splitMovedStates(
  states: ReadonlyMap<string, State>,
  shardOf: (userId: string) => number,
  maxStates: number,
): MovedState[][] {
  const pieces: MovedState[][] = [];
  let bytes = 0;
  for (const [userId, state] of states) {
    const piece = pieces.at(-1);
    bytes += sizeOf(state);
    const move = { userId, state, to: shardOf(userId) };
    if (piece !== undefined && piece.length < maxStates && bytes <= maxTransactionBytes) piece.push(move);
    else {
      pieces.push([move]);
      bytes = sizeOf(state);
    }
  }
  return pieces;
}

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
