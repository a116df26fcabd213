import { Queue } from "bullmq";
import { awaitLeaders } from "../../../src/kafka/topics/partitions.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";
import { eventsTopicOf } from "../../support/bridge/bridge-variables.ts";
import { checkNaive } from "../invariants/check-naive.ts";
import { shards, systemName } from "./naming.ts";
import type { Surroundings, System } from "./system.ts";

/** The receiver and the worker that teams write by hand (bench/naive): check, publish, mark. */
export async function naiveSystem({ redisUrl, kafkaBrokers, clerk, redis }: Surroundings): Promise<System> {
  const topic = eventsTopicOf(systemName);
  const admin = createKafka(kafkaBrokers).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: shards }], waitForLeaders: false });
  await awaitLeaders(admin, topic);
  await admin.disconnect();
  const variables = {
    QUEUE: systemName,
    REDIS_URL: redisUrl,
    KAFKA_BROKERS: kafkaBrokers.join(","),
    TOPIC: topic,
    CONCURRENCY: "1",
    MARK: "last",
    CLERK_WEBHOOK_SECRET: clerk.webhookSecret,
  };
  const queue = new Queue(systemName, { connection: redis });
  queue.on("error", () => {}); // Redis is stopped on purpose.
  return {
    api: {
      role: "api",
      script: "bench/naive/receiver.ts",
      variables: (port) => ({ ...variables, PORT: String(port) }),
    },
    worker: { role: "worker", script: "bench/naive/worker.ts", variables: () => variables },
    takesPoison: false,
    settlesWithinMs: 90_000,
    isReady: async () => true,
    countJobs: () => queue.getJobCountByTypes("wait", "active", "delayed"),
    checkInvariants: (clerkHistory) => checkNaive(kafkaBrokers, topic, clerkHistory),
  };
}
