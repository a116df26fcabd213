import type { ApiConfig } from "./config.ts";
import { createApp } from "./http/create-app.ts";
import { serve } from "./http/serve.ts";
import { createShardOf } from "./kafka/shard-of.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import { createApiMetrics } from "./metrics.ts";
import { openDeadLetters } from "./queue/dead-letters.ts";
import { openMessageQueues } from "./queue/queue-messages.ts";
import { checkRedis } from "./redis/check-redis.ts";
import { connectFailingFast } from "./redis/connect-redis.ts";
import { createVerifier } from "./webhooks/verify-message.ts";

/** How long a caller waits for Redis before it hears 503, ms. */
const queueDeadlineMs = 800;

/**
 * Starts the API and says on which port. Needs nothing but its configuration: while Redis is away it answers 503 and is
 * not ready. Throws when a signing secret is not one, or the port is taken.
 */
export async function startApi(config: ApiConfig, log: Logger): Promise<{ port: number; lifecycle: Lifecycle }> {
  const lifecycle = new Lifecycle(log);
  const verify = createVerifier(config.webhookSecrets);
  const redis = connectFailingFast(config.redis.url, log, queueDeadlineMs);
  lifecycle.onStop("redis", () => redis.disconnect());
  const queues = openMessageQueues({ redis, redisPrefix: config.redis.prefix, deadlineMs: queueDeadlineMs });
  lifecycle.onStop("queues", () => queues.close());
  const app = createApp({
    verify,
    shardOf: createShardOf(config.shards),
    queues,
    deadLetters: openDeadLetters(redis, config.redis.prefix, config.deadLetterRetentionMs),
    now: Date.now,
    metrics: createApiMetrics(),
    log,
    readiness: async () => ({ redis: await checkRedis(redis) }),
  });
  const served = await serve(app, config);
  lifecycle.onStop("http", () => served.close());
  log.info({ event: "api.listening", port: served.port, shards: config.shards }, "API is listening");
  return { port: served.port, lifecycle };
}
