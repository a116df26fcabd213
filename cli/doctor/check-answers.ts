import { checkRedis } from "../../src/redis/check-redis.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import { bad, type Finding, good } from "./finding.ts";

/** Whether Redis answers, in a cluster for the keys of every shard. */
export async function checkAnswers(redis: RedisClient, keys: readonly string[]): Promise<Finding[]> {
  const answers = await checkRedis(redis, keys);
  if (answers === true) return [good("Redis", "answers")];
  return [bad("Redis", answers, "is every node up? redis-cli --cluster check <host:port> tells of a cluster")];
}
