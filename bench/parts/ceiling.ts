import type { BenchContext } from "../context.ts";
import type { BenchMessage } from "../messages/make-message.ts";
import { createShardJobs } from "../../src/queue/shard-jobs.ts";
import { createLogger } from "../../src/shared/logger.ts";
import { createJobsRedis } from "../../src/redis/create-redis.ts";
import { redisAddressSchema } from "../../src/redis/redis-address.ts";
import { openOurQueues } from "../queues/open-our-queues.ts";
import { flushRedis } from "../queues/bench-queues.ts";

const batchMessages = 500;

/**
 * Messages per second that are only taken from full queues and completed, in batches and in all shards at once: what a worker could
 * reach if reading states, deciding and committing took no time.
 */
export async function drainBullmqAlone(
  context: BenchContext,
  name: string,
  messages: readonly BenchMessage[],
): Promise<number> {
  await using queues = await openOurQueues(context, name);
  await queues.fill(messages);
  const log = createLogger("bench", "silent");
  const redis = createJobsRedis(redisAddressSchema.parse(context.redisUrl), log);
  const shards = Array.from({ length: context.shards }, (_, shard) => createShardJobs(redis, name, shard, log));
  const startedAt = performance.now();
  const counts = await Promise.all(
    shards.map(async (jobs) => {
      let count = 0;
      for (let batch = await jobs.claim(batchMessages); batch.length > 0;) {
        count += batch.reduce((sum, job) => sum + job.messages.length, 0);
        batch = await jobs.completeAndClaim(batch, batchMessages);
      }
      return count;
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(shards.map((jobs) => jobs.close()));
  redis.disconnect();
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== messages.length) throw new Error(`${name}: ${total} of ${messages.length} messages`);
  context.log(`${name}: ${(total / seconds).toFixed(0)} messages/s`);
  await flushRedis(context);
  return total / seconds;
}
