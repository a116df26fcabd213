import type { Batch, ConsumerConfig, Kafka } from "kafkajs";
import { randomUUID } from "node:crypto";
import type { PartitionPosition, RecordSource } from "./start-user-projection.ts";
import type { PlacedRecord } from "./user-projection.ts";

/**
 * Reads with kafkajs. `consumer` sets its options for following events; `readUncommitted` is refused, because it delivers events of
 * aborted transactions.
 */
export function createKafkajsSource(kafka: Kafka, consumer: Omit<ConsumerConfig, "groupId"> = {}): RecordSource {
  if (consumer.readUncommitted === true) {
    throw new TypeError(
      "The projection must read with read_committed: remove `readUncommitted` from the consumer's options.",
    );
  }

  const withAdmin = async <T>(work: (admin: ReturnType<Kafka["admin"]>) => Promise<T>): Promise<T> => {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  };

  return {
    readPositions: (topic, groupId) =>
      withAdmin(async (admin) => {
        const bounds = await admin.fetchTopicOffsets(topic);
        const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
        return bounds.map(({ partition, low, high }): PartitionPosition => {
          const offset = BigInt(committed?.partitions.find((found) => found.partition === partition)?.offset ?? -1);
          return { partition, low: BigInt(low), high: BigInt(high), committed: offset < 0n ? undefined : offset };
        });
      }),

    readToEnd: async (topic, onRecords) => {
      const bounds = await withAdmin((admin) => admin.fetchTopicOffsets(topic));
      const ends = new Map(
        bounds
          .filter(({ low, high }) => BigInt(low) < BigInt(high))
          .map(({ partition, high }): [number, bigint] => [partition, BigInt(high)]),
      );
      if (ends.size === 0) return;
      const groupId = `${topic}.read-${randomUUID()}`;
      const reader = kafka.consumer({ groupId, maxWaitTimeInMs: 100, readUncommitted: false });
      const finished = Promise.withResolvers<void>();
      // This event also comes for batches that hold only markers and aborted records, which eachBatch never sees.
      reader.on(reader.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        const end = ends.get(partition);
        if (end !== undefined && BigInt(lastOffset) + 1n >= end) ends.delete(partition);
        if (ends.size === 0) finished.resolve();
      });
      reader.on(reader.events.CRASH, ({ payload: { error } }) => finished.reject(error));
      try {
        await reader.connect();
        await reader.subscribe({ topics: [topic], fromBeginning: true });
        await reader.run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            try {
              await onRecords(recordsOf(batch));
            } catch (error) {
              finished.reject(error);
              throw error;
            }
          },
        });
        await finished.promise;
      } finally {
        await reader.disconnect();
        await withAdmin((admin) => admin.deleteGroups([groupId]));
      }
    },

    follow: async ({ topic, groupId, onRecords }) => {
      const follower = kafka.consumer({ ...consumer, groupId, readUncommitted: false });
      await follower.connect();
      await follower.subscribe({ topics: [topic], fromBeginning: true });
      await follower.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({
          batch,
          resolveOffset,
          heartbeat,
          uncommittedOffsets,
          commitOffsetsIfNecessary,
          ...state
        }) => {
          const records = recordsOf(batch);
          for (let start = 0; start < records.length && state.isRunning() && !state.isStale(); start += chunk) {
            const part = records.slice(start, start + chunk);
            await onRecords(part, heartbeat);
            const last = part.at(-1);
            if (last !== undefined) resolveOffset(String(last.offset));
            await commitOffsetsIfNecessary(uncommittedOffsets());
            await heartbeat();
          }
        },
      });
      return { stop: () => follower.disconnect() };
    },
  };
}

/** Records in one transaction of the store. */
const chunk = 500;

const recordsOf = ({ topic, partition, messages }: Batch): PlacedRecord[] =>
  messages.map(({ offset, key, value, headers }) => ({ topic, partition, offset, key, value, headers }));
