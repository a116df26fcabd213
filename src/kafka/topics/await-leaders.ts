import { setTimeout as delay } from "node:timers/promises";
import type { Admin } from "kafkajs";

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
