/** One BullMQ queue for each shard. The hash tag keeps all keys of a shard, its ledger too, in one Redis Cluster slot. */
export const shardQueueName = "changes";

export const shardPrefix = (redisPrefix: string, shard: number): string => `{${redisPrefix}:${shard}}`;

export const shardPrefixes = (redisPrefix: string, shards: number): string[] =>
  Array.from({ length: shards }, (_, shard) => shardPrefix(redisPrefix, shard));
