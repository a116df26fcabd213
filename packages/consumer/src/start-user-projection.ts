import type { ParsedEvent } from "@clerk-kafka-bridge/events";
import { ContradictionError, InvalidRecordError, type PlacedRecord, type UserProjection } from "./user-projection.ts";
import type { UserTransaction } from "./user-store.ts";

/** Where a group stands in one partition. */
export interface PartitionPosition {
  readonly partition: number;
  /** The offset of the oldest record that Kafka still has. */
  readonly low: bigint;
  /** The offset of the next record. */
  readonly high: bigint;
  /** The next record that the group wants; undefined when it has committed none. */
  readonly committed: bigint | undefined;
}

export interface FollowOptions {
  readonly topic: string;
  readonly groupId: string;
  /** Commits the offsets of the records when it resolves, and hands them over again when it rejects. */
  readonly onRecords: (records: readonly PlacedRecord[], heartbeat: () => Promise<void>) => Promise<void>;
}

/** What a projection needs of a Kafka client. All of it reads with read_committed. */
export interface RecordSource {
  readPositions(topic: string, groupId: string): Promise<readonly PartitionPosition[]>;
  /** Reads a topic from its beginning to the end that it has at the call. */
  readToEnd(topic: string, onRecords: (records: readonly PlacedRecord[]) => Promise<void>): Promise<void>;
  /** Follows a topic in a group: from the committed offsets, or from the beginning. */
  follow(options: FollowOptions): Promise<{ stop(): Promise<void> }>;
}

export interface StartUserProjectionOptions<Transaction extends UserTransaction> {
  readonly projection: UserProjection<Transaction>;
  readonly source: RecordSource;
  readonly groupId: string;
  /** Default `user.events`. */
  readonly eventsTopic?: string;
  /** Default `user.state`. */
  readonly stateTopic?: string;
  /**
   * Called for every event after its row is stored and before its offset is committed, so at least once. Use
   * {@link UserProjection.onFirstTime} in it.
   */
  readonly onEvent?: (event: ParsedEvent) => Promise<void> | void;
}

export interface RunningProjection {
  /** Resolves after {@link stop}. Rejects when a record stops the projection; its offset is not committed then. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps a projection in step with Kafka.
 *
 * Start: a resync when the store has never completed one, or when Kafka no longer has the events that follow the group's position
 * (the group was stopped longer than the topic's retention, or a new partition has lost its beginning).
 * Then: events from the group's position. A gap reads the state topic once, and the events go on behind it.
 */
export async function startUserProjection<Transaction extends UserTransaction>(
  options: StartUserProjectionOptions<Transaction>,
): Promise<RunningProjection> {
  const { projection, source, groupId, eventsTopic = "user.events", stateTopic = "user.state", onEvent } = options;

  const resync = (force: boolean, heartbeat: () => Promise<void>) =>
    projection.resync(
      (onRecords) =>
        source.readToEnd(stateTopic, async (records) => {
          await onRecords(records);
          await heartbeat();
        }),
      { force },
    );

  const onRecords: FollowOptions["onRecords"] = async (records, heartbeat) => {
    let rest = records;
    while (rest.length > 0) {
      const outcomes = [...(await projection.applyBatch(rest))];
      const gap = outcomes.at(-1);
      const record = rest[outcomes.length - 1];
      if (gap?.outcome === "gap" && record !== undefined) {
        await resync(false, heartbeat);
        outcomes[outcomes.length - 1] = await projection.applyAfterResync(record);
      }
      for (const outcome of outcomes) if (outcome.outcome !== "skipped") await onEvent?.(outcome.parsed);
      rest = rest.slice(outcomes.length);
    }
  };

  const first = firstResync(await source.readPositions(eventsTopic, groupId), await projection.isComplete());
  if (first !== "none") await resync(first === "forced", async () => {});

  const finished = Promise.withResolvers<void>();
  // Without this, a rejection before the caller looks at `finished` ends the process.
  finished.promise.catch(() => undefined);
  const following = source.follow({
    topic: eventsTopic,
    groupId,
    onRecords: async (records, heartbeat) => {
      try {
        await onRecords(records, heartbeat);
      } catch (error) {
        // Repeating does not help against these. Everything else, such as an unavailable store, is the client's to repeat.
        if (error instanceof InvalidRecordError || error instanceof ContradictionError) {
          finished.reject(error);
          void following.then(({ stop }) => stop());
        }
        throw error;
      }
    },
  });
  const { stop } = await following;
  return {
    finished: finished.promise,
    stop: async () => {
      await stop();
      finished.resolve();
    },
  };
}

/** Whether a projection has to read the state topic before it follows events; `forced` when Kafka has lost what the group had read. */
export function firstResync(
  positions: readonly PartitionPosition[],
  isComplete: boolean,
): "none" | "needed" | "forced" {
  if (isComplete && positions.some(({ committed, high }) => committed !== undefined && committed > high))
    return "forced";
  const continues = positions.every(({ low, committed }) => (committed ?? 0n) >= low);
  return isComplete && continues ? "none" : "needed";
}
