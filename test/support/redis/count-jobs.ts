import { z } from "zod";
import { shardPrefix, shardQueueName } from "../../../src/redis/keys.ts";
import type { RedisClient } from "../../../src/redis/redis-client.ts";

/** The number of waiting, active and delayed jobs of one shard. */
export async function countJobsOf(redis: RedisClient, redisPrefix: string, shard: number): Promise<number> {
  const queue = `${shardPrefix(redisPrefix, shard)}:${shardQueueName}`;
  // At one moment: a job that moves from one list to another between two commands would be in neither.
  const replies = await redis.multi().llen(`${queue}:wait`).llen(`${queue}:active`).zcard(`${queue}:delayed`).exec();
  return sumOf(countsSchema.parse(replies).map(([, count]) => count));
}

/** The number of jobs of one shard that an owner has claimed. */
export const countActiveJobsOf = (redis: RedisClient, redisPrefix: string, shard: number): Promise<number> =>
  redis.llen(`${shardPrefix(redisPrefix, shard)}:${shardQueueName}:active`);

const countsSchema = z.array(z.tuple([z.null(), z.number()])).length(3);

/** The number of waiting, active and delayed jobs of all shards. */
export async function countJobs(redis: RedisClient, redisPrefix: string, shards: number): Promise<number> {
  const counts = Array.from({ length: shards }, (_, shard) => countJobsOf(redis, redisPrefix, shard));
  return sumOf(await Promise.all(counts));
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
