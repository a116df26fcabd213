import type { Producer } from "kafkajs";
import type { EncodedRecord } from "../records/encode-event.ts";
import { createShardOf } from "../../domain/shard-of.ts";

/** Where records go by their keys. */
export interface KeyedTopic {
  readonly topic: string;
  readonly partitions: number;
}

/**
 * Sends records to the partitions of their keys, in order for each key. One partition a call: kafkajs repeats or leaves
 * out some of a call that concerns several brokers (docs/adr/0009-one-partition-a-call.md). Resolves once all in-sync
 * replicas have them; after an error some may be there.
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
