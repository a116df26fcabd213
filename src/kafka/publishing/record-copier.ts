import type { Kafka } from "kafkajs";
import { awaitLeaders } from "../topics/await-leaders.ts";
import type { TopicRecord } from "../consuming/follow-topic.ts";
import { sendKeyed } from "./send-keyed.ts";
import { withAdmin } from "../client/admin.ts";

/** Writes records to another topic, by their key, each with its value and headers as they are. */
export interface RecordCopier {
  /** Resolves once the brokers hold them. Throws while Kafka is away; some may be there then. */
  copy(records: readonly TopicRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens a copier; makes the topic when it is missing. Order is kept for each key. */
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
