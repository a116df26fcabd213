import { countSession } from "../analytics/count-session.ts";
import type { ApiConfig } from "./api-config.ts";
import { createApp } from "./create-app.ts";
import { serve } from "../http/serve.ts";
import { createShardOf } from "../domain/shard-of.ts";
import { Lifecycle } from "../shared/lifecycle.ts";
import { type Logger, withoutEmails } from "../shared/logger.ts";
import { createApiMetrics } from "../shared/metrics.ts";
import { openUserApi } from "./create-user-api.ts";
import { openDeadLetters } from "../queue/dead-letters.ts";
import { openMessageQueues } from "../queue/message-queues.ts";
import { shardPrefixes } from "../redis/keys.ts";
import { checkRedis } from "../redis/check-redis.ts";
import { connectFailingFast } from "../redis/connect-redis.ts";
import { checkTopology, refuseOtherTopology } from "../resharding/assert-shard-count.ts";
import { refusalOfApi } from "../resharding/shard-layout.ts";
import { createVerifier } from "../webhooks/verify-message.ts";

/** How long a caller waits for Redis before it hears 503, ms. */
const queueDeadlineMs = 800;

/**
 * Starts the API and says on which port. Needs nothing but its configuration: while Redis is away it answers 503 and is
 * not ready. Throws when a signing secret or the file of roles is not one, the port is taken, or the bridge has another
 * number of shards.
 */
export async function startApi(config: ApiConfig, anyLog: Logger): Promise<{ port: number; lifecycle: Lifecycle }> {
  const log = config.logEmails ? anyLog : withoutEmails(anyLog);
  const lifecycle = new Lifecycle(log);
  const verify = createVerifier(config.webhooks.secrets);
  const redis = connectFailingFast(config.redis.address, log, queueDeadlineMs);
  lifecycle.onStop("redis", () => redis.disconnect());
  const topology = { redis, redisPrefix: config.redis.prefix, shards: config.shards, refusalOf: refusalOfApi };
  await refuseOtherTopology(topology, queueDeadlineMs);
  const queues = openMessageQueues({ redis, redisPrefix: config.redis.prefix, deadlineMs: queueDeadlineMs });
  lifecycle.onStop("queues", () => queues.close());
  const quickRedis = connectFailingFast(config.redis.address, log, config.optionalRedisTimeoutMs);
  lifecycle.onStop("quick redis", () => quickRedis.disconnect());
  const metrics = createApiMetrics();
  const shardOf = createShardOf(config.shards);
  const analytics = { redis, redisPrefix: config.redis.prefix, config: config.analytics, now: Date.now };

  const app = createApp({
    verify,
    shardOf,
    queues,
    countSession: (change) => countSession(analytics, change),
    deadLetters: openDeadLetters(redis, config.redis.prefix, config.deadLetters.retentionMs),
    now: Date.now,
    metrics,
    log,
    api: openUserApi(config, { redis, quickRedis, queues, shardOf, metrics, log, now: Date.now }),
    readiness: async () => ({
      redis: await checkRedis(redis, shardPrefixes(config.redis.prefix, config.shards)),
      shards: await checkTopology(topology),
    }),
  });
  const served = await serve(app, config);
  lifecycle.onStop("http", () => served.close());
  log.info({ event: "api.listening", port: served.port, shards: config.shards }, "API is listening");
  return { port: served.port, lifecycle };
}
