import { awaitLeaders } from "../../src/kafka/topics/partitions.ts";
import type { BenchContext } from "../context.ts";
import { connectKafka } from "./connect-kafka.ts";

/** Creates an events topic with the broker's timestamps, so that all systems are measured by the same clock. */
export async function createEventsTopic(context: BenchContext, topic: string): Promise<void> {
  const admin = connectKafka(context).admin();
  await admin.connect();
  try {
    const configEntries = [{ name: "message.timestamp.type", value: "LogAppendTime" }];
    await admin.createTopics({
      topics: [{ topic, numPartitions: context.shards, configEntries }],
      waitForLeaders: false,
    });
    await awaitLeaders(admin, topic);
  } finally {
    await admin.disconnect();
  }
}
