import type { Kafka } from "kafkajs";
import type { FollowOptions } from "./follow-topic.ts";
import { withAdmin } from "../client/create-kafka.ts";

/** Offsets before the end at which the search begins, and the factor by which it goes further back. */
const firstDistance = 100n;
const distanceGrowth = 10n;

/**
 * The offset of the last committed record of each partition; no entry for a partition without records. It is not the offset before
 * the end, because markers and aborted records take offsets too.
 */
export async function findLastRecords(
  kafka: Kafka,
  follow: (options: FollowOptions) => Promise<void>,
  topic: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, bigint>> {
  const bounds = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const last = new Map<number, bigint>();
  for (let back = firstDistance; ; back *= distanceGrowth) {
    await follow({
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

/**
 * The number of offsets that a consumer group has still to commit until it has passed these records, over all their partitions. A
 * partition without a committed offset counts in full.
 */
export const readGroupLag = (
  kafka: Kafka,
  groupId: string,
  topic: string,
  lastRecords: ReadonlyMap<number, bigint>,
): Promise<bigint> =>
  withAdmin(kafka, async (admin) => {
    const committed = await admin.fetchOffsets({ groupId, topics: [topic] });
    const reached = new Map(
      committed.flatMap(({ partitions }) => partitions.map(({ partition, offset }) => [partition, BigInt(offset)])),
    );
    let lag = 0n;
    for (const [partition, last] of lastRecords) {
      const next = reached.get(partition) ?? -1n;
      if (next <= last) lag += last + 1n - (next < 0n ? 0n : next);
    }
    return lag;
  });
