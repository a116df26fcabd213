import { type CliConfig, readCliConfig } from "./cli-config.ts";
import { type EventLog, openEventLog } from "../../src/kafka/open-event-log.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { createLogger } from "../../src/shared/logger.ts";
import { type DeadLetters, createDeadLetters } from "../../src/queue/dead-letters.ts";
import { type MessageQueues, createMessageQueues } from "../../src/queue/message-queues.ts";
import { createFailFastRedis } from "../../src/redis/create-redis.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import { withTimeout } from "../../src/shared/with-timeout.ts";

/** What the commands work with: the worker's configuration and the same doors to Redis and Kafka. */
export interface Bridge extends AsyncDisposable {
  readonly config: CliConfig;
  readonly redis: RedisClient;
  readonly eventLog: EventLog;
  readonly deadLetters: DeadLetters;
  readonly queues: MessageQueues;
  readonly shardOf: (userId: string) => number;
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal;
}

const deadlineMs = 5_000;

/** Opens the bridge for a command. Throws when Redis is away; Kafka is asked only by the commands that need it. */
export async function openBridge(): Promise<Bridge> {
  const config = readCliConfig();
  const log = createLogger("cli", "silent");
  const redis = createFailFastRedis(config.redis.address, log, deadlineMs);
  await untilReady(redis);
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
  const queues = createMessageQueues({ redis, redisPrefix: config.redis.prefix, deadlineMs });
  return {
    config,
    redis,
    eventLog: openEventLog(config.kafka, log),
    deadLetters: createDeadLetters(redis, config.redis.prefix, config.deadLetters.retentionMs),
    queues,
    shardOf: createShardOf(config.shards),
    signal: interrupted.signal,
    [Symbol.asyncDispose]: async () => {
      await queues.close();
      redis.disconnect();
    },
  };
}

async function untilReady(redis: RedisClient): Promise<void> {
  if (redis.status === "ready") return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  redis.once("ready", resolve);
  redis.once("error", reject);
  // A cluster that is not whole gives no error, nor becomes ready.
  const ready = withTimeout(deadlineMs, promise, () => new Error(`not ready in ${deadlineMs} ms (${redis.status})`));
  await ready.catch((error: unknown) => {
    redis.disconnect();
    throw new Error(`Redis is away: ${error instanceof Error ? error.message : String(error)}`);
  });
}
