import type { Kafka } from "kafkajs";
import type { TopicRecord } from "./follow-topic.ts";

/** Writes records to another topic, by their key, each with its value and headers as they are. */
export interface RecordCopier {
  /** Resolves once the brokers hold them. Throws while Kafka is away; some may be there then. */
  copy(records: readonly TopicRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens a copier; makes the topic when it is missing. Order is kept for each key. */
export async function openRecordCopier(kafka: Kafka, topic: string, partitions: number): Promise<RecordCopier> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = await admin.listTopics();
    const missing = { topic, numPartitions: partitions, replicationFactor: -1 };
    if (!existing.includes(topic)) await admin.createTopics({ topics: [missing], waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  return {
    copy: async (records) => {
      if (records.length === 0) return;
      await producer.send({
        topic,
        messages: records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
      });
    },
    close: () => producer.disconnect(),
  };
}
