import { setTimeout as delay } from "node:timers/promises";
import { Hono } from "hono";
import { countSession } from "../analytics/count-events.ts";
import type { ApiConfig } from "./api-config.ts";
import { createClientOf } from "./auth/client-ip.ts";
import { createApp } from "./create-app.ts";
import { addHealth, type HealthDeps } from "../http/add-health.ts";
import { mapErrors } from "../http/api-error.ts";
import { serve } from "../http/serve.ts";
import { createShardOf } from "../domain/shard-of.ts";
import { Lifecycle } from "../shared/lifecycle.ts";
import { type Logger, withoutEmails } from "../shared/logger.ts";
import { createRegistry } from "../shared/metrics.ts";
import { openConsole } from "./console/open-console.ts";
import { createUserApi } from "./create-user-api.ts";
import { registerBacklogMetrics } from "../queue/backlog-metrics.ts";
import { createDeadLetters } from "../queue/dead-letters.ts";
import { createMessageQueues } from "../queue/message-queues.ts";
import { type ReportContent, startProcessReports } from "../inspection/process-reports.ts";
import { countOf } from "../inspection/recent-quantiles.ts";
import { createLastRuns, registerLastRunMetrics } from "../reconciliation/last-runs.ts";
import { shardPrefixes } from "../redis/keys.ts";
import { startMemoryWatch } from "../redis/redis-memory.ts";
import { checkRedis, waitForRedis } from "../redis/redis-client.ts";
import { joinWrites } from "../redis/join-writes.ts";
import { createFailFastRedis } from "../redis/create-redis.ts";
import { apiShardCountError, assertShardCount, checkShardCount } from "../resharding/shard-layout.ts";
import { createSignatureLimit } from "../webhooks/signature-limit.ts";
import { createWebhookMetrics, type WebhookMetrics } from "../webhooks/webhook-metrics.ts";
import { createVerifier } from "../webhooks/verify-message.ts";

/** Time that a request waits for Redis before it gets 503, in ms. */
const queueDeadlineMs = 800;

/**
 * Starts the API and resolves with its port. It starts without any server: while Redis is unavailable it responds with 503 and is not
 * ready. Throws when a signing secret or the file of roles is invalid, the port is in use, or the bridge has another number of
 * shards.
 */
export async function startApi(config: ApiConfig, anyLog: Logger): Promise<{ port: number; lifecycle: Lifecycle }> {
  const log = config.logEmails ? anyLog : withoutEmails(anyLog);
  const lifecycle = new Lifecycle(log);
  const verify = createVerifier(config.webhooks.secrets);
  const redis = createFailFastRedis(config.redis.address, log, queueDeadlineMs);
  joinWrites(redis);
  lifecycle.onStop("redis", () => redis.disconnect());
  const shardLayout = {
    redis,
    redisPrefix: config.redis.prefix,
    shards: config.shards,
    shardCountError: apiShardCountError,
  };
  await assertShardCount(shardLayout, queueDeadlineMs);
  const queues = createMessageQueues({ redis, redisPrefix: config.redis.prefix, deadlineMs: queueDeadlineMs });
  lifecycle.onStop("queues", () => queues.close());
  const optionalRedis = createFailFastRedis(config.redis.address, log, config.optionalRedisTimeoutMs);
  lifecycle.onStop("optional redis", () => optionalRedis.disconnect());
  // Until it is connected, rate limits are counted in memory: a restart would forgive what was counted there.
  await waitForRedis(optionalRedis, config.optionalRedisTimeoutMs);
  const registry = createRegistry("api");
  const memory = startMemoryWatch(redis, registry, log);
  lifecycle.onStop("memory watch", () => memory.stop());
  const shardOf = createShardOf(config.shards);
  const analytics = { redis, redisPrefix: config.redis.prefix, config: config.analytics, now: Date.now };

  const deadLetters = createDeadLetters(redis, config.redis.prefix, config.deadLetters.retentionMs);
  registerBacklogMetrics({ registry, queues, deadLetters, shards: config.shards, now: Date.now });
  registerLastRunMetrics(registry, createLastRuns(redis, config.redis.prefix));

  const webhookMetrics = createWebhookMetrics(registry);
  const reports = startProcessReports("api", {
    redis,
    redisPrefix: config.redis.prefix,
    read: () => reportOfApi(webhookMetrics),
    now: Date.now,
    log,
  });
  lifecycle.onStop("process reports", () => reports.stop());

  const health = {
    registry,
    signal: lifecycle.signal,
    readiness: async () => ({
      redis: await checkRedis(redis, shardPrefixes(config.redis.prefix, config.shards)),
      shards: await checkShardCount(shardLayout),
    }),
  };
  const operationsPort = await serveOperations(config, health, log, lifecycle);
  const userApi = createUserApi(config, {
    redis,
    optionalRedis,
    queues,
    shardOf,
    registry,
    log,
    now: Date.now,
    onStop: (name, stop) => lifecycle.onStop(name, stop),
  });
  const app = createApp({
    ...health,
    hasOperationsPort: operationsPort !== undefined,
    verify,
    shardOf,
    queues,
    reserveRoom: (body) => (memory.share() < config.maxMemoryShare ? memory.countWriting(body.length) : undefined),
    countSession: (change) => countSession(analytics, change),
    deadLetters,
    now: Date.now,
    metrics: webhookMetrics,
    eventFields: config.eventFields,
    signatureLimit: createSignatureLimit(config.webhooks.badSignaturesPerMinute),
    clientOf: createClientOf(config.auth.trustedProxies),
    log,
    api: userApi.app,
    console:
      config.console &&
      openConsole(config, config.console, {
        redis,
        queues,
        deadLetters,
        shardOf,
        userApi,
        log,
        signal: lifecycle.signal,
      }),
  });
  const served = await serve(app, { ...config, portVariable: "PORT" });
  lifecycle.onStop("http", async () => {
    served.drain();
    await delay(config.shutdownDelayMs);
    await served.close();
  });
  log.info({ event: "api.listening", port: served.port, operationsPort, shards: config.shards }, "API is listening");
  return { port: served.port, lifecycle };
}

async function reportOfApi({ received, rejected, lastAccepted }: WebhookMetrics): Promise<ReportContent> {
  const lastAcceptedAt = ((await lastAccepted.get()).values[0]?.value ?? 0) * 1_000;
  const counts = { received: await countOf(received), rejected: await countOf(rejected) };
  return {
    webhooks: { ...counts, ...(lastAcceptedAt > 0 && { lastAcceptedAt }) },
    events: 0,
    endToEndSeconds: null,
    shards: [],
  };
}

/** Serves metrics and readiness on a port of their own if one is configured. Resolves with the port. */
async function serveOperations(config: ApiConfig, health: HealthDeps, log: Logger, lifecycle: Lifecycle) {
  if (config.operationsPort === undefined) return undefined;
  const app = new Hono();
  mapErrors(app, log);
  addHealth(app, health);
  const options = { ...config, port: config.operationsPort, portVariable: "OPERATIONS_PORT" };
  const served = await serve(app, options);
  lifecycle.onStop("operations", () => served.close());
  return served.port;
}
