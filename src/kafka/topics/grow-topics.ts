import type { Kafka } from "kafkajs";
import type { KafkaConfig } from "../client/kafka-config.ts";
import { awaitLeaders } from "./await-leaders.ts";
import { withAdmin } from "../client/admin.ts";

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
