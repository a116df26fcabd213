import { Kafka, logLevel } from "kafkajs";
import { type BenchContext, shards } from "../context.ts";

/** kafkajs for the bench itself. */
export const connectKafka = ({ kafkaBrokers }: BenchContext): Kafka =>
  new Kafka({
    clientId: "bench",
    brokers: [...kafkaBrokers],
    logLevel: logLevel.ERROR,
    retry: { initialRetryTime: 20 },
  });

/** Creates an events topic whose records carry the broker's own time, so that all systems are timed by one clock. */
export async function createEventsTopic(context: BenchContext, topic: string): Promise<void> {
  const admin = connectKafka(context).admin();
  await admin.connect();
  try {
    const configEntries = [{ name: "message.timestamp.type", value: "LogAppendTime" }];
    await admin.createTopics({ topics: [{ topic, numPartitions: shards, configEntries }], waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
}
