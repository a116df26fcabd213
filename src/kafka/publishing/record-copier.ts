import type { Kafka, Producer } from "kafkajs";
import { awaitLeaders } from "../topics/partitions.ts";
import type { TopicRecord } from "../consuming/follow-topic.ts";
import { withAdmin } from "../client/create-kafka.ts";
import type { EncodedRecord } from "../records/records.ts";
import { createShardOf } from "../../domain/shard-of.ts";

/** Copies records to another topic, to the partitions of their keys, with unchanged values and headers. */
export interface RecordCopier {
  /** Resolves once the brokers have stored the records. After an error some of them may be stored. */
  copy(records: readonly TopicRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Creates the topic when it is missing, with `wanted` partitions. The order of each key's records is kept. */
export async function createRecordCopier(kafka: Kafka, topic: string, wanted: number): Promise<RecordCopier> {
  const partitions = await withAdmin(kafka, async (admin) => {
    const missing = { topic, numPartitions: wanted, replicationFactor: -1 };
    if (!(await admin.listTopics()).includes(topic))
      await admin.createTopics({ topics: [missing], waitForLeaders: false });
    return awaitLeaders(admin, topic);
  });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  return {
    copy: (records) =>
      sendKeyed(
        producer,
        { topic, partitions },
        records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
      ),
    close: () => producer.disconnect(),
  };
}

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
