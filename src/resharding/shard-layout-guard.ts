import type { EventLog } from "../kafka/open-event-log.ts";
import { createShardOf } from "../domain/shard-of.ts";
import { countMisplaced } from "../kafka/consuming/find-misplaced.ts";
import { StartUpError } from "../shared/errors.ts";
import type { ShardLayoutRecord } from "./shard-layout.ts";
import { workerShardCountError } from "./shard-layout.ts";

export interface ShardLayoutGuardOptions {
  readonly shardLayout: ShardLayoutRecord;
  readonly eventLog: Pick<EventLog, "countPartitions" | "findMisplaced">;
  readonly shards: number;
  readonly signal: AbortSignal;
}

/** Keeps a worker from owning shards while the bridge has another number of shards. */
export interface ShardLayoutGuard {
  /**
   * Resolves when the layout was steady with this worker's number of shards at some time after the call. Throws a
   * {@link StartUpError} when it is not, and another error when Redis or Kafka is unavailable.
   */
  confirm(): Promise<void>;
}

export function createShardLayoutGuard({
  shardLayout,
  eventLog,
  shards,
  signal,
}: ShardLayoutGuardOptions): ShardLayoutGuard {
  const own = { phase: "steady", shards } as const;
  /** Once the topics were steady with our number, only added partitions can change that. */
  let proven = false;
  let proving: Promise<void> | undefined;

  async function prove(): Promise<void> {
    const { events, states } = await eventLog.countPartitions();
    if (events !== shards || states !== shards) {
      throw new StartUpError(
        `The topics have ${states} (states) and ${events} (events) partitions and SHARDS is ${shards}. To make it ${shards}: bridge reshard --to ${shards}`,
      );
    }
    if (proven) return;
    const misplaced = await countMisplaced(eventLog.findMisplaced(createShardOf(shards), signal));
    if (misplaced > 0) {
      throw new StartUpError(
        `The change to ${shards} shards is not finished: the states of ${misplaced} users are in other partitions. To finish it: bridge reshard --to ${shards}`,
      );
    }
  }

  return {
    confirm: async () => {
      for (;;) {
        const found = await shardLayout.read();
        if (found !== undefined) {
          const error = workerShardCountError(found, shards);
          if (error !== undefined) throw new StartUpError(error);
          proven = true;
          return;
        }
        // All shards of this worker ask at the same time, and one check serves them all.
        proving ??= prove().finally(() => (proving = undefined));
        await proving;
        await shardLayout.replace(undefined, own);
      }
    },
  };
}
