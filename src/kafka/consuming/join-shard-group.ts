import { EventEmitter, once } from "node:events";
import type { Consumer, Kafka } from "kafkajs";
import { explainKafkaError } from "../client/explain-error.ts";
import type { KafkaConfig } from "../client/kafka-config.ts";
import type { Logger } from "../../shared/logger.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import { createStateReader, type StateReader } from "./state-reader.ts";

/** A worker's membership in the consumer group through which the workers share the shards. */
export interface ShardGroup {
  readonly reader: StateReader;
  /** The shards of this worker's last assignment. */
  assigned(): ReadonlySet<number>;
  /** Waits until the broker confirms the membership again; resolves with whether the shard is still assigned. */
  confirm(shard: number, signal: AbortSignal): Promise<boolean>;
  /** When the broker last confirmed the membership, in ms by our clock; 0 before the first time. */
  confirmedAt(): number;
  leave(): Promise<void>;
}

export interface ShardGroupListener {
  /**
   * A rebalance has started: batches in progress should end now. `onAssigned` follows, with the same shards when the rebalance
   * is aborted.
   */
  readonly onRebalancing: () => void;
  readonly onAssigned: (shards: ReadonlySet<number>) => void;
  /** The membership ended for a reason that retrying cannot repair. */
  readonly onFatal: (error: Error) => void;
}

/** Time until a rebalance is noticed, and duration of a fetch while every partition is paused, in ms. */
const heartbeatIntervalMs = 250;
const fetchWaitMs = 25;
/** A consumer without a sign of life for this time counts as dead. kafkajs itself retries for about 10 s. */
const memberTimeoutMs = 30_000;
const watchdogIntervalMs = 1_000;
const leaveTimeoutMs = 5_000;

/**
 * Joins the group. Its assignment alone decides which worker owns which shard; there are no leases of our own. The consumer reads
 * nothing by itself: every partition is paused, except while a state reader reads it.
 *
 * A consumer that kafkajs gives up, or that falls silent, is discarded, and a new consumer joins. After a connection is cut at a
 * bad moment, some calls of kafkajs never return: it neither restarts nor reports an error.
 */
export async function joinShardGroup(
  kafka: Kafka,
  config: KafkaConfig,
  listener: ShardGroupListener,
  log: Logger,
  timeoutMs = memberTimeoutMs,
): Promise<ShardGroup> {
  const topic = config.stateTopic;
  const heard = new EventEmitter<{ membership: [] }>();
  /** The current consumer. Events of an earlier one are ignored. */
  let consumer: Consumer | undefined;
  let isMember = false;
  let isRebalancing = false;
  let assigned: ReadonlySet<number> = new Set();
  let confirmedAt = 0;
  let aliveAt = 0;
  // Before the consumer has joined, these calls do nothing: the join pauses every partition and resumes the reads.
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
    const ifCurrent =
      <Event>(listen: (event: Event) => void) =>
      (event: Event) => {
        if (own === consumer) listen(event);
      };
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, STOP, CRASH } = own.events;
    own.on(
      REBALANCING,
      ifCurrent(() => {
        isRebalancing = true;
        listener.onRebalancing();
      }),
    );
    own.on(
      HEARTBEAT,
      ifCurrent(() => {
        confirm();
        // kafkajs stops rejoining when the coordinator is still loading. Once loaded, that coordinator accepts the heartbeats of
        // its members as before: no join follows, and the assignment has not changed.
        if (isRebalancing) settle();
      }),
    );
    own.on(
      STOP,
      ifCurrent(() => (isMember = false)),
    );
    own.on(GROUP_JOIN, ({ payload }) => {
      // A consumer that counted as dead has joined after all: it must not hold shards that it does not serve.
      if (own !== consumer) return void own.disconnect().catch(() => {});
      isMember = true;
      assigned = new Set(payload.memberAssignment[topic] ?? []);
      // At every join, because kafkajs forgets the pauses when it restarts its consumer, and the positions at every join.
      // Each partition by its number, because a pause of the whole topic ends with the next pause of a partition.
      own.pause([{ topic, partitions: [...assigned] }]);
      reader.resume(assigned);
      confirm();
      settle();
    });
    own.on(
      CRASH,
      ifCurrent(({ payload: { restart, error } }) => {
        if (restart) return;
        const refusal = explainKafkaError(error);
        if (refusal === undefined && isOutage(error)) aliveAt = 0;
        else listener.onFatal(refusal ?? error);
      }),
    );
    await own.connect();
    // From the beginning when a position is out of range: reading too much is harmless, skipping is not.
    await own.subscribe({ topics: [topic], fromBeginning: true });
    await own.run({
      autoCommit: false,
      partitionsConsumedConcurrently: config.shards,
      eachBatch: async (payload) => {
        if (own === consumer) await reader.onBatch(payload);
      },
    });
  }

  /** Callers with a dead consumer do not wait for it, because it may never resolve. */
  const dismiss = async () => {
    const dismissed = consumer;
    consumer = undefined;
    isMember = false;
    await dismissed?.disconnect();
  };
  const replaceDead = () => {
    if (Date.now() - aliveAt < timeoutMs) return;
    log.warn({ event: "group.lost", heardAt: confirmedAt }, "The consumer fell silent; a new one joins the group");
    dismiss().catch(() => {});
    start().catch((error: unknown) => log.debug({ event: "group.not_joined", err: error }));
  };

  try {
    await withTimeout(timeoutMs, start(), () => new Error(`could not join the group in ${timeoutMs} ms`));
  } catch (error) {
    dismiss().catch(() => {});
    throw error;
  }
  const watchdog = setInterval(replaceDead, watchdogIntervalMs);

  return {
    reader,
    assigned: () => assigned,
    confirmedAt: () => confirmedAt,
    confirm: async (shard, signal) => {
      await once(heard, "membership", { signal });
      return assigned.has(shard);
    },
    leave: async () => {
      clearInterval(watchdog);
      await withTimeout(
        leaveTimeoutMs,
        dismiss(),
        () => new Error(`could not leave the group in ${leaveTimeoutMs} ms`),
      );
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
 * Whether kafkajs gave up because no broker named the group's coordinator, for example when all connections were cut at that
 * moment. Inside its loop the error is the cause of another one.
 */
function isOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "KafkaJSGroupCoordinatorNotFound") return true;
  }
  return false;
}
