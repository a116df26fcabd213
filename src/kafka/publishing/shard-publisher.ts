import { randomUUID } from "node:crypto";
import type { Kafka, Producer, RecordMetadata } from "kafkajs";
import type { KafkaConfig } from "../client/kafka-config.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import { encodeEvent } from "../records/records.ts";
import { encodeBarrier, encodeMoved, encodeState } from "../records/records.ts";
import type { EventRecord, MovedState, StateRecord } from "../records/records.ts";
import { spanPartitions } from "../kafkajs-patches/span-partitions.ts";
import { createTransactionWriter, type WriteTransaction } from "./transaction-writer.ts";

export interface ShardPublisherDeps {
  readonly kafka: Kafka;
  readonly config: KafkaConfig;
  /** Called between the last write of a batch and its commit. */
  readonly beforeCommit?: () => Promise<void>;
  /**
   * The number of shards among which this publisher moves states; not set: it moves none. Each of its transactions then spans the
   * state partitions of all of them, so that a move whose markers Kafka skipped ends alike in both partitions (ADR 8).
   */
  readonly movesAmong?: number;
}

interface Barrier {
  readonly offset: bigint;
  readonly id: string;
}

/** The only writer of a shard until another publisher is created for it. After any error it must be closed and not used again. */
export interface ShardPublisher {
  /** Everything that earlier publishers committed to this shard lies below this offset of the state partition. */
  readonly barrier: Barrier;
  /**
   * Writes events and states in one transaction. Resolves with the offset of the first state record; the others follow without
   * gaps. Throws {@link FencedError} when another owner has taken the shard. After any other error the outcome is unknown: the
   * transaction may be committed or not.
   */
  publish(batch: { readonly events: readonly EventRecord[]; readonly states: readonly StateRecord[] }): Promise<bigint>;
  /**
   * Writes states to their new shards and, in the same transaction, removes them from this shard, so that a state is in exactly one
   * of both at any time. Throws as `publish` does.
   */
  move(states: readonly MovedState[]): Promise<void>;
  /** Commits another barrier, which only the latest publisher of the shard can. Throws as `publish` does. */
  assertOwner(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Fences every earlier publisher of a shard and commits a barrier. kafkajs fences with the first transaction and not when it
 * connects, so what is read before the barrier can still change.
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
  const answered = <T>(work: Promise<T>) => withTimeout(config.transactionTimeoutMs + retryTimeoutMs, work, noAnswer);
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
      assertOwner: async () => void (await commitBarrier()),
      close: () => disconnect(producer),
    };
  } catch (error) {
    await disconnect(producer);
    throw error;
  }
}

/** Time that kafkajs's own retries may take. */
const retryTimeoutMs = 30_000;
const disconnectTimeoutMs = 5_000;

/**
 * After a connection is cut at a bad moment, some calls of kafkajs never return. The outcome of the transaction is then unknown, as
 * after any error. The broker or the shard's next publisher ends it.
 */
const noAnswer = () => new Error("no answer from Kafka, and no error");

/** Gives up on a producer that hangs: the next one fences it. */
const disconnect = (producer: Producer) =>
  withTimeout(disconnectTimeoutMs, producer.disconnect(), noAnswer).catch(() => {});

function offsetIn(written: readonly RecordMetadata[], topic: string): bigint {
  const offset = written.find(({ topicName }) => topicName === topic)?.baseOffset;
  if (offset === undefined) throw new Error(`Kafka gave no offset for ${topic}`);
  return BigInt(offset);
}
