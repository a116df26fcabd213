import type { Kafka } from "kafkajs";
import { awaitLeaders } from "../topics/await-leaders.ts";
import type { TopicRecord } from "../consuming/follow-topic.ts";
import { sendKeyed } from "./send-keyed.ts";
import { withAdmin } from "../client/admin.ts";

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
