import { randomUUID } from "node:crypto";
import type { Kafka, Producer, RecordMetadata } from "kafkajs";
import type { KafkaConfig } from "../client/kafka-config.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import { encodeEvent } from "../records/encode-event.ts";
import { encodeBarrier, encodeMoved, encodeState } from "../records/encode-state.ts";
import type { EventRecord, MovedState, StateRecord } from "../records/records.ts";
import { spanPartitions } from "../kafkajs-patches/span-partitions.ts";
import { createTransactionWriter, type WriteTransaction } from "./transaction-writer.ts";

export interface ShardPublisherDeps {
  readonly kafka: Kafka;
  readonly config: KafkaConfig;
  /** Called when all records of a batch are written and the commit is not yet asked for. */
  readonly beforeCommit?: () => Promise<void>;
  /**
   * Among how many shards it moves states; none by default. Each of its transactions then ends in the state partitions of
   * all of them, so that a move whose markers Kafka skipped ends in both of its partitions alike (docs/adr/0008).
   */
  readonly movesAmong?: number;
}

interface Barrier {
  readonly offset: bigint;
  readonly id: string;
}

/** The one writer of a shard, for as long as no other is opened for it. After any error it must be closed and not used again. */
export interface ShardPublisher {
  /** What was committed to this shard before this publisher lies below this offset of the state partition. */
  readonly barrier: Barrier;
  /**
   * Writes events and states in one transaction; resolves with the offset of the first state record (the others follow
   * one by one). Throws {@link FencedError} when another owner has taken the shard, and anything else when the outcome is
   * not known: it may be committed or not.
   */
  publish(batch: { readonly events: readonly EventRecord[]; readonly states: readonly StateRecord[] }): Promise<bigint>;
  /**
   * Writes states to the shards they move to and, in the same transaction, that this shard has them no longer: they are
   * in one of both at any time. Throws as `publish` does.
   */
  move(states: readonly MovedState[]): Promise<void>;
  /** Commits another barrier: proves that this publisher is the last one opened. Throws as `publish` does. */
  prove(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Takes a shard for writing: fences every earlier publisher of it, then commits a barrier. In that order: kafkajs fences
 * on the first transaction, not on connecting, so what is read before the barrier may still change.
 */
export async function createShardPublisher(deps: ShardPublisherDeps, shard: number): Promise<ShardPublisher> {
  const { kafka, config, beforeCommit, movesAmong } = deps;
  const transactionalId = `${config.transactionalIdPrefix}.${shard}`;
  spanPartitions(transactionalId, [
    { topic: config.eventsTopic, partitions: [shard] },
    { topic: config.stateTopic, partitions: movesAmong === undefined ? [shard] : [...Array(movesAmong).keys()] },
  ]);
  const producer = kafka.producer({
    transactionalId,
    transactionTimeout: config.transactionTimeoutMs,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  const transact = createTransactionWriter(producer, shard);
  const write: WriteTransaction = (records, sent) => answered(transact(records, sent));
  const answered = <T>(work: Promise<T>) => withTimeout(config.transactionTimeoutMs + retriesTakeMs, work, noAnswer);
  const barrierId = randomUUID();
  const commitBarrier = async () =>
    offsetIn(await write([[config.stateTopic, [encodeBarrier(barrierId)]]]), config.stateTopic);
  try {
    await answered(producer.connect());
    return {
      barrier: { offset: await commitBarrier(), id: barrierId },
      publish: async ({ events, states }) => {
        const written = await write(
          [
            [config.eventsTopic, events.map((event) => encodeEvent(event, config.eventSource))],
            [config.stateTopic, states.map(encodeState)],
          ],
          beforeCommit,
        );
        return offsetIn(written, config.stateTopic);
      },
      move: async (states) => {
        const moved = states.flatMap(({ to, ...record }) => [
          { ...encodeState(record), partition: to },
          encodeMoved(record.userId, to),
        ]);
        await write([[config.stateTopic, moved]], beforeCommit);
      },
      prove: async () => void (await commitBarrier()),
      close: () => disconnect(producer),
    };
  } catch (error) {
    await disconnect(producer);
    throw error;
  }
}

/** For kafkajs's own retries. */
const retriesTakeMs = 30_000;
const disconnectWithinMs = 5_000;

/**
 * After a connection was cut at a bad moment some calls of kafkajs never return. What becomes of a transaction then is
 * not known, as after any error; but the broker ends it, or the next publisher of the shard does.
 */
const noAnswer = () => new Error("no answer from Kafka, and no error");

/** As far as it will; a producer that hangs is left to itself: the next one fences it. */
const disconnect = (producer: Producer) =>
  withTimeout(disconnectWithinMs, producer.disconnect(), noAnswer).catch(() => {});

function offsetIn(written: readonly RecordMetadata[], topic: string): bigint {
  const offset = written.find(({ topicName }) => topicName === topic)?.baseOffset;
  if (offset === undefined) throw new Error(`Kafka gave no offset for ${topic}`);
  return BigInt(offset);
}
