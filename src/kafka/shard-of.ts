import { Partitioners } from "kafkajs";

/**
 * The shard of a user: the partition that Kafka's default partitioner (murmur2 of the key) gives the user's id, so that
 * any other producer or a stream processor of the same key agrees.
 */
export function createShardOf(shards: number): (userId: string) => number {
  const partitioner = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: shards }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [],
    isr: [],
  }));
  return (userId) => partitioner({ topic: "", partitionMetadata, message: { key: userId, value: null } });
}
