import type { Kafka } from "kafkajs";
import { followTopic } from "./follow-topic.ts";
import { withAdmin } from "../client/admin.ts";

/** Offsets before the end at which the search begins, and the factor by which it goes further back. */
const firstDistance = 100n;
const distanceGrowth = 10n;

/**
 * The offset of the last committed record of each partition; no entry for a partition without records. It is not the offset before
 * the end, because markers and aborted records take offsets too.
 */
export async function findLastRecords(
  kafka: Kafka,
  topic: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, bigint>> {
  const bounds = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const last = new Map<number, bigint>();
  for (let back = firstDistance; ; back *= distanceGrowth) {
    await followTopic(kafka, {
      topic,
      from: { back },
      until: "now",
      signal,
      onRecords: async (records) => {
        for (const { partition, offset } of records) last.set(partition, offset);
      },
    });
    const isDone = ({ partition, low, high }: (typeof bounds)[number]) =>
      last.has(partition) || BigInt(high) - BigInt(low) <= back;
    if (bounds.every(isDone)) return last;
  }
}
