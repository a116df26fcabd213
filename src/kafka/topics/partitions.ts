import type { Kafka, Admin } from "kafkajs";
import type { KafkaConfig } from "../client/kafka-config.ts";
import { withAdmin } from "../client/create-kafka.ts";
import { setTimeout as delay } from "node:timers/promises";

type Topics = Pick<KafkaConfig, "eventsTopic" | "stateTopic">;

/** The partitions of the two topics; 0 for a missing topic. */
export interface PartitionCounts {
  readonly events: number;
  readonly states: number;
}

export const countPartitions = (kafka: Kafka, topics: Topics): Promise<PartitionCounts> =>
  withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const { eventsTopic, stateTopic } = topics;
    const found = [eventsTopic, stateTopic].filter((topic) => existing.has(topic));
    if (found.length === 0) return { events: 0, states: 0 };
    const metadata = await admin.fetchTopicMetadata({ topics: found });
    const countOf = (topic: string) => metadata.topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    return { events: countOf(eventsTopic), states: countOf(stateTopic) };
  });

/** The offset behind the last record of each partition, committed or not; empty for a topic that does not exist. */
export const readEndOffsets = (kafka: Kafka, topic: string): Promise<ReadonlyMap<number, bigint>> =>
  withAdmin(kafka, async (admin) => {
    // kafkajs repeats a request about a missing topic for seconds.
    if (!(await admin.listTopics()).includes(topic)) return new Map<number, bigint>();
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
  });

/** The offset behind the last record of a partition, committed or not; 0 for a partition that does not exist. */
export const readEndOffset = (kafka: Kafka, topic: string, partition: number): Promise<bigint> =>
  withAdmin(kafka, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return BigInt(offsets.find((found) => found.partition === partition)?.high ?? 0);
  });

/** Adds partitions to both topics until each has `partitions` of them, and waits until each partition has a leader. */
export const growTopics = (kafka: Kafka, topics: Topics, partitions: number): Promise<void> =>
  withAdmin(kafka, async (admin) => {
    for (const topic of [topics.stateTopic, topics.eventsTopic]) {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
      if ((found[0]?.partitions.length ?? 0) >= partitions) continue;
      await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    }
    await Promise.all([topics.stateTopic, topics.eventsTopic].map((topic) => awaitLeaders(admin, topic, partitions)));
  });

const deadlineMs = 30_000;
const pollIntervalMs = 50;

/**
 * Waits until the topic has at least `atLeast` partitions and each of them has a leader; resolves with their number. A new topic or
 * partition is not visible to every broker at once, and kafkajs's own `waitForLeaders` throws in that case. Throws after 30 s.
 */
export async function awaitLeaders(admin: Admin, topic: string, atLeast = 1): Promise<number> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const partitions = await readPartitions(admin, topic);
    if (partitions.length >= atLeast && partitions.every(({ leader }) => leader >= 0)) return partitions.length;
    if (Date.now() > deadline) throw new Error(`no leader for every partition of ${topic} in ${deadlineMs} ms`);
    await delay(pollIntervalMs);
  }
}

/** Empty when the broker does not know the topic, or not yet. */
async function readPartitions(admin: Admin, topic: string) {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions ?? [];
  } catch (error) {
    if (error instanceof Error && "type" in error && error.type === "UNKNOWN_TOPIC_OR_PARTITION") return [];
    throw error;
  }
}
