import { addAccountRoutes } from "./accounts/add-account-routes.ts";
import { openAccounts } from "./accounts/open-accounts.ts";
import { addAnalyticsRoutes } from "./analytics/add-analytics-routes.ts";
import { countSession } from "./analytics/count-session.ts";
import { openAnalyticsReader } from "./analytics/open-analytics-reader.ts";
import { openSecurityCounter } from "./analytics/open-security-counter.ts";
import { addAuditRoute } from "./audit/add-audit-route.ts";
import { openAuditReader } from "./audit/open-audit-reader.ts";
import { openAuditTrail } from "./audit/open-audit-trail.ts";
import { assertAccessDeclared } from "./auth/declared-access.ts";
import { guardApi } from "./auth/guard-api.ts";
import { readRoles } from "./auth/read-roles.ts";
import { openUserCache } from "./cache/open-user-cache.ts";
import { createClerkApi } from "./clerk/clerk-api.ts";
import type { ApiConfig } from "./config.ts";
import { createApi } from "./http/create-api.ts";
import { createApp } from "./http/create-app.ts";
import { serve } from "./http/serve.ts";
import { createShardOf } from "./kafka/shard-of.ts";
import { Lifecycle } from "./lifecycle.ts";
import { type Logger, withoutEmails } from "./logger.ts";
import { createApiMetrics } from "./metrics.ts";
import { openDeadLetters } from "./queue/dead-letters.ts";
import { openMessageQueues } from "./queue/queue-messages.ts";
import { checkRedis } from "./redis/check-redis.ts";
import { connectFailingFast } from "./redis/connect-redis.ts";
import { addUserRoutes } from "./users/add-user-routes.ts";
import { openIdempotencyRecords } from "./users/open-idempotency-records.ts";
import { createVerifier } from "./webhooks/verify-message.ts";

/** How long a caller waits for Redis before it hears 503, ms. */
const queueDeadlineMs = 800;
/** How long a request waits for what it can do without: rate limits are counted in memory then, users read from Clerk, ms. */
const limitsDeadlineMs = 250;

/**
 * Starts the API and says on which port. Needs nothing but its configuration: while Redis is away it answers 503 and is
 * not ready. Throws when a signing secret is not one, the file of
 * roles is not one, or the port is taken.
 */
export async function startApi(config: ApiConfig, anyLog: Logger): Promise<{ port: number; lifecycle: Lifecycle }> {
  const log = config.logEmails ? anyLog : withoutEmails(anyLog);
  const lifecycle = new Lifecycle(log);
  const verify = createVerifier(config.webhookSecrets);
  const redis = connectFailingFast(config.redis.url, log, queueDeadlineMs);
  lifecycle.onStop("redis", () => redis.disconnect());
  const queues = openMessageQueues({ redis, redisPrefix: config.redis.prefix, deadlineMs: queueDeadlineMs });
  lifecycle.onStop("queues", () => queues.close());
  const limitsRedis = connectFailingFast(config.redis.url, log, limitsDeadlineMs);
  lifecycle.onStop("rate limits", () => limitsRedis.disconnect());
  const metrics = createApiMetrics();
  const audit = openAuditTrail({ redis, redisPrefix: config.redis.prefix, metrics, log });
  const analytics = { redisPrefix: config.redis.prefix, config: config.analytics, now: Date.now };
  const security = openSecurityCounter({ ...analytics, redis: limitsRedis, log });

  const cache = openUserCache({
    redis: limitsRedis,
    redisPrefix: config.redis.prefix,
    config: config.cache,
    metrics,
    log,
  });
  const shardOf = createShardOf(config.shards);
  const findRole = readRoles(config.auth.rolesFile);
  const clerk = createClerkApi({
    config: config.clerk,
    redis: limitsRedis,
    redisPrefix: config.redis.prefix,
    registry: metrics.registry,
    log,
    now: Date.now,
  });

  const api = createApi(log);
  guardApi(api, {
    auth: config.auth,
    findRole,
    clerk: config.clerk,
    redis: limitsRedis,
    redisPrefix: config.redis.prefix,
    audit,
    security,
    log,
    now: Date.now,
  });
  // Each area adds its routes here.
  addUserRoutes(api, {
    clerk,
    cache,
    audit,
    findRole,
    queues,
    shardOf,
    metrics,
    passwords: config.passwords,
    idempotency: openIdempotencyRecords({
      redis,
      redisPrefix: config.redis.prefix,
      secret: config.clerk.secretKey,
    }),
    config: config.users,
    now: Date.now,
    log,
  });
  addAccountRoutes(
    api,
    openAccounts({
      clerk,
      cache,
      audit,
      security,
      findRole,
      queues,
      shardOf,
      metrics,
      config: config.accounts,
      redis: limitsRedis,
      redisPrefix: config.redis.prefix,
      now: Date.now,
      log,
    }),
  );
  addAuditRoute(api, { auditReader: openAuditReader(redis, config.redis.prefix) });
  addAnalyticsRoutes(api, {
    ...analytics,
    analyticsReader: openAnalyticsReader({ ...analytics, redis }),
  });
  assertAccessDeclared(api);

  const app = createApp({
    verify,
    shardOf,
    queues,
    countSession: (change) => countSession({ ...analytics, redis }, change),
    deadLetters: openDeadLetters(redis, config.redis.prefix, config.deadLetterRetentionMs),
    now: Date.now,
    metrics,
    log,
    api,
    readiness: async () => ({ redis: await checkRedis(redis) }),
  });
  const served = await serve(app, config);
  lifecycle.onStop("http", () => served.close());
  log.info({ event: "api.listening", port: served.port, shards: config.shards }, "API is listening");
  return { port: served.port, lifecycle };
}
