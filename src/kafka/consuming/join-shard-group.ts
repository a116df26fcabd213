import { EventEmitter, once } from "node:events";
import type { Consumer, Kafka } from "kafkajs";
import type { KafkaConfig } from "../client/kafka-config.ts";
import type { Logger } from "../../shared/logger.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import { createStateReader, type StateReader } from "./state-reader.ts";

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
  /**
   * The group is being shared out anew: what is in hand should be finished now. `onAssigned` follows, with the same shards
   * when it comes to nothing.
   */
  readonly onRebalancing: () => void;
  readonly onAssigned: (shards: ReadonlySet<number>) => void;
  /** The membership ended for a reason that trying again will not mend. */
  readonly onFatal: (error: Error) => void;
}

/** How soon a rebalance is noticed, and how long an idle fetch (a fetch loop with everything paused) takes, ms. */
const heartbeatIntervalMs = 250;
const fetchWaitMs = 25;
/** After so long without a sign of life a consumer is taken for dead; kafkajs itself goes on trying for about 10 s. */
const takenForDeadAfterMs = 30_000;
const lookAfterItEveryMs = 1_000;
const leaveWithinMs = 5_000;

/**
 * Joins the group. Its assignment is the only say in who owns which shard; no leases of our own. The consumer reads
 * nothing by itself: every partition is paused, except while a state reader wants it.
 *
 * A consumer that kafkajs gives up, or that falls silent, is thrown away and a new one joins: after a connection was cut
 * at a bad moment some calls of kafkajs never return, and neither its restart nor an error comes then.
 */
export async function joinShardGroup(
  kafka: Kafka,
  config: KafkaConfig,
  listener: ShardGroupListener,
  log: Logger,
  silentMs = takenForDeadAfterMs,
): Promise<ShardGroup> {
  const topic = config.stateTopic;
  const heard = new EventEmitter<{ membership: [] }>();
  /** The one in charge; what another still says is not heard. */
  let consumer: Consumer | undefined;
  let isMember = false;
  let isRebalancing = false;
  let assigned: ReadonlySet<number> = new Set();
  let confirmedAt = 0;
  let aliveAt = 0;
  // What is asked of a consumer that has not joined is seen to when it has: all is paused, and readings are resumed.
  const reader = createStateReader(
    {
      seek: (place) => isMember && consumer?.seek(place),
      pause: (topics) => isMember && consumer?.pause(topics),
      resume: (topics) => isMember && consumer?.resume(topics),
    },
    topic,
  );

  async function start(): Promise<void> {
    const own = openConsumer(kafka, config);
    consumer = own;
    aliveAt = Date.now();
    const confirm = () => {
      confirmedAt = aliveAt = Date.now();
      heard.emit("membership");
    };
    const settle = () => {
      isRebalancing = false;
      listener.onAssigned(assigned);
    };
    const inCharge =
      <Event>(listen: (event: Event) => void) =>
      (event: Event) => {
        if (own === consumer) listen(event);
      };
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, STOP, CRASH } = own.events;
    own.on(
      REBALANCING,
      inCharge(() => {
        isRebalancing = true;
        listener.onRebalancing();
      }),
    );
    own.on(
      HEARTBEAT,
      inCharge(() => {
        confirm();
        // kafkajs gives up joining anew when it meets a coordinator that still loads. That one, once it has loaded, takes
        // the heartbeats of its members as before: no join follows, and the shards have stayed where they are.
        if (isRebalancing) settle();
      }),
    );
    own.on(
      STOP,
      inCharge(() => (isMember = false)),
    );
    own.on(GROUP_JOIN, ({ payload }) => {
      // One that was taken for dead and is not: it must not hold shards that nobody serves.
      if (own !== consumer) return void own.disconnect().catch(() => {});
      isMember = true;
      assigned = new Set(payload.memberAssignment[topic] ?? []);
      // At every join: kafkajs forgets what was paused when it restarts its consumer, and positions at every join.
      // Each by its number: a pause of the whole topic ends with the next pause of a partition.
      own.pause([{ topic, partitions: [...assigned] }]);
      reader.resume(assigned);
      confirm();
      settle();
    });
    own.on(
      CRASH,
      inCharge(({ payload: { restart, error } }) => {
        if (restart) return;
        if (isOutage(error)) aliveAt = 0;
        else listener.onFatal(error);
      }),
    );
    await own.connect();
    // From the beginning, should a position be out of range: to read too much is harmless, to skip is not.
    await own.subscribe({ topics: [topic], fromBeginning: true });
    await own.run({
      autoCommit: false,
      partitionsConsumedConcurrently: config.shards,
      eachBatch: async (payload) => {
        if (own === consumer) await reader.onBatch(payload);
      },
    });
  }

  /** Not waited for where the consumer is dead: it may never end. */
  const dismiss = async () => {
    const dismissed = consumer;
    consumer = undefined;
    isMember = false;
    await dismissed?.disconnect();
  };
  const replaceDead = () => {
    if (Date.now() - aliveAt < silentMs) return;
    log.warn({ event: "group.lost", heardAt: confirmedAt }, "Joins the group anew");
    dismiss().catch(() => {});
    start().catch((error: unknown) => log.debug({ event: "group.not_joined", err: error }));
  };

  try {
    await withTimeout(silentMs, start(), () => new Error(`could not join the group in ${silentMs} ms`));
  } catch (error) {
    dismiss().catch(() => {});
    throw error;
  }
  const lookout = setInterval(replaceDead, lookAfterItEveryMs);

  return {
    reader,
    assigned: () => assigned,
    confirmedAt: () => confirmedAt,
    confirm: async (shard, signal) => {
      await once(heard, "membership", { signal });
      return assigned.has(shard);
    },
    leave: async () => {
      clearInterval(lookout);
      await withTimeout(leaveWithinMs, dismiss(), () => new Error(`could not leave the group in ${leaveWithinMs} ms`));
    },
  };
}

const openConsumer = (kafka: Kafka, config: KafkaConfig): Consumer =>
  kafka.consumer({
    groupId: config.groupId,
    sessionTimeout: config.sessionTimeoutMs,
    heartbeatInterval: Math.min(heartbeatIntervalMs, config.sessionTimeoutMs / 4),
    rebalanceTimeout: config.sessionTimeoutMs,
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
    readUncommitted: false,
  });

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
