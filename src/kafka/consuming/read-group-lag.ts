import type { Kafka } from "kafkajs";
import { withAdmin } from "../client/admin.ts";

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
