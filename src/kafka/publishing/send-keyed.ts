import type { Producer } from "kafkajs";
import type { EncodedRecord } from "../records/encode-event.ts";
import { createShardOf } from "../../domain/shard-of.ts";

/** A topic whose records are placed by their keys. */
export interface KeyedTopic {
  readonly topic: string;
  readonly partitions: number;
}

/**
 * Sends records to the partitions of their keys, in order for each key. Each call writes to one partition, because kafkajs repeats
 * or drops records of a call that concerns several brokers (ADR 9). Resolves once all in-sync replicas have the records;
 * after an error some of them may be stored.
 */
export async function sendKeyed(
  producer: Producer,
  { topic, partitions }: KeyedTopic,
  records: readonly EncodedRecord[],
): Promise<void> {
  const partitionOf = createShardOf(partitions);
  for (const [partition, keyed] of Map.groupBy(records, ({ key }) => partitionOf(key))) {
    const messages = keyed.map(({ key, value, headers }) => ({ key, value, headers, partition }));
    await producer.send({ topic, messages });
  }
}
