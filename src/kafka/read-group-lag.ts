import type { Kafka } from "kafkajs";
import { withAdmin } from "./with-admin.ts";

/** The marker of a transaction's end takes an offset, and some clients commit the one before it. */
const markerOffsets = 1n;

/**
 * How many offsets a consumer group has still to go to the end of a topic, over all partitions; an offset that it has not
 * committed counts as the beginning.
 */
export const readGroupLag = (kafka: Kafka, groupId: string, topic: string): Promise<bigint> =>
  withAdmin(kafka, async (admin) => {
    const [ends, committed] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchOffsets({ groupId, topics: [topic] }),
    ]);
    const at = new Map(
      committed.flatMap(({ partitions }) => partitions.map(({ partition, offset }) => [partition, BigInt(offset)])),
    );
    return ends.reduce((sum, { partition, low, high }) => {
      const reached = at.get(partition) ?? -1n;
      const left = BigInt(high) - (reached < BigInt(low) ? BigInt(low) : reached);
      return left <= markerOffsets && reached >= 0n ? sum : sum + left;
    }, 0n);
  });
