import type { Producer, RecordMetadata, TopicMessages, Transaction } from "kafkajs";
import type { EncodedRecord } from "../records/records.ts";
import { LeadersDifferError, sendTogether } from "../kafkajs-patches/send-together.ts";

/** Another owner has taken the shard. */
export class FencedError extends Error {
  override readonly name = "FencedError";
}

/** Written to the writer's own partition unless `partition` names another. */
type PlacedRecord = EncodedRecord & { readonly partition?: number };

type RecordsByTopic = readonly (readonly [topic: string, records: readonly PlacedRecord[]])[];

/**
 * Writes records in one transaction and commits it. `sent` is called between the last write and the commit. Throws
 * {@link FencedError} when another owner has taken the shard. After any other error it is unknown whether the transaction is
 * committed.
 */
export type WriteTransaction = (records: RecordsByTopic, sent?: () => Promise<void>) => Promise<RecordMetadata[]>;

/**
 * Creates a writer of transactions to one shard. It sends all records in one request while one broker leads all partitions. Once
 * the leaders differ, it sends one partition after the other, which kafkajs may safely retry. It never passes several
 * partitions to a plain call of kafkajs (see `sendTogether`).
 */
export function createTransactionWriter(producer: Producer, ownPartition: number): WriteTransaction {
  let together = true;

  async function send(transaction: Transaction, writes: TopicMessages[]): Promise<RecordMetadata[]> {
    if (together && writes.length > 1) {
      try {
        return await sendTogether(transaction, writes);
      } catch (error) {
        if (!isCausedBy(error, (cause) => cause instanceof LeadersDifferError)) throw error;
        together = false;
      }
    }
    const written: RecordMetadata[] = [];
    for (const write of writes) written.push(...(await transaction.send(write)));
    return written;
  }

  return async (records, sent) => {
    try {
      const transaction = await producer.transaction();
      const written = await send(transaction, byPartition(records, ownPartition));
      await sent?.();
      await transaction.commit();
      return written;
    } catch (error) {
      throw isCausedBy(error, isFencing)
        ? new FencedError("another owner has taken the shard", { cause: error })
        : error;
    }
  };
}

const byPartition = (records: RecordsByTopic, ownPartition: number): TopicMessages[] =>
  records.flatMap(([topic, placed]) =>
    [...Map.groupBy(placed, ({ partition = ownPartition }) => partition)].map(([partition, group]) => ({
      topic,
      messages: group.map(({ key, value, headers }) => ({ key, value, headers, partition })),
    })),
  );

const fencingTypes = new Set(["INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED", "INVALID_PRODUCER_ID_MAPPING"]);

const isFencing = (error: Error) => "type" in error && typeof error.type === "string" && fencingTypes.has(error.type);

function isCausedBy(error: unknown, isIt: (cause: Error) => boolean): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (isIt(cause)) return true;
  return false;
}
