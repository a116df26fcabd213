import { EventEmitter, once } from "node:events";
import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { KafkaConfig } from "../config.ts";
import { createStateReader, type StateReader } from "./read-states.ts";

/** A worker's place in the consumer group by which the workers share the shards. */
export interface ShardGroup {
  readonly reader: StateReader;
  /** The shards this worker was last assigned. */
  assigned(): ReadonlySet<number>;
  /** Waits for the broker's next word that this worker is still a member, and says whether the shard is still its own. */
  confirm(shard: number, signal: AbortSignal): Promise<boolean>;
  /** When the broker last confirmed the membership, ms by our clock; 0 before the first time. */
  confirmedAt(): number;
  leave(): Promise<void>;
}

export interface ShardGroupListener {
  /** The group is being shared out anew: what is in hand should be finished now. `onAssigned` follows. */
  readonly onRebalancing: () => void;
  readonly onAssigned: (shards: ReadonlySet<number>) => void;
  /** The membership ended for a reason that trying again will not mend. */
  readonly onFatal: (error: Error) => void;
}

/** How soon a rebalance is noticed, and how long an idle fetch (a fetch loop with everything paused) takes, ms. */
const heartbeatIntervalMs = 250;
const fetchWaitMs = 25;
/** How long to wait before joining again where kafkajs would not, ms. */
const againMs = 1_000;

/**
 * Joins the group. Its assignment is the only say in who owns which shard; no leases of our own. The consumer reads
 * nothing by itself: every partition is paused, except while a state reader wants it.
 */
export async function joinShardGroup(
  kafka: Kafka,
  config: KafkaConfig,
  listener: ShardGroupListener,
): Promise<ShardGroup> {
  const consumer = kafka.consumer({
    groupId: config.groupId,
    sessionTimeout: config.sessionTimeoutMs,
    heartbeatInterval: Math.min(heartbeatIntervalMs, config.sessionTimeoutMs / 4),
    rebalanceTimeout: config.sessionTimeoutMs,
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
    readUncommitted: false,
  });
  const topic = config.stateTopic;
  const reader = createStateReader(consumer, topic);
  const heard = new EventEmitter<{ membership: [] }>();
  let assigned: ReadonlySet<number> = new Set();
  let confirmedAt = 0;
  const confirm = () => {
    confirmedAt = Date.now();
    heard.emit("membership");
  };

  const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = consumer.events;
  consumer.on(REBALANCING, listener.onRebalancing);
  consumer.on(HEARTBEAT, confirm);
  consumer.on(GROUP_JOIN, ({ payload }) => {
    assigned = new Set(payload.memberAssignment[topic] ?? []);
    // At every join: kafkajs forgets what was paused when it restarts its consumer, and positions at every join.
    consumer.pause([{ topic }]);
    reader.resume(assigned);
    confirm();
    listener.onAssigned(assigned);
  });
  let left = false;
  let again: NodeJS.Timeout | undefined;
  consumer.on(CRASH, ({ payload: { restart, error } }) => {
    if (restart || left) return;
    if (!isOutage(error)) listener.onFatal(error);
    else again = setTimeout(() => void run(consumer, config.shards, reader.onBatch).catch(listener.onFatal), againMs);
  });

  try {
    await consumer.connect();
    // From the beginning, should a position be out of range: to read too much is harmless, to skip is not.
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await run(consumer, config.shards, reader.onBatch);
  } catch (error) {
    await consumer.disconnect();
    throw error;
  }
  return {
    reader,
    assigned: () => assigned,
    confirmedAt: () => confirmedAt,
    confirm: async (shard, signal) => {
      await once(heard, "membership", { signal });
      return assigned.has(shard);
    },
    leave: () => {
      left = true;
      clearTimeout(again);
      return consumer.disconnect();
    },
  };
}

const run = (consumer: Consumer, shards: number, onBatch: (payload: EachBatchPayload) => Promise<void>) =>
  consumer.run({ autoCommit: false, partitionsConsumedConcurrently: shards, eachBatch: onBatch });

/**
 * kafkajs gives up for good when no broker names the group's coordinator, as when all connections are cut just then; from
 * within its loop the error comes wrapped in another.
 */
function isOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "KafkaJSGroupCoordinatorNotFound") return true;
  }
  return false;
}
