import { addAccountRoutes } from "./accounts/add-account-routes.ts";
import { openAccounts } from "./accounts/account-deps.ts";
import { addAnalyticsRoutes } from "./analytics/add-analytics-routes.ts";
import { openAnalyticsReader } from "../analytics/analytics-reader.ts";
import { openSecurityCounter } from "../analytics/security-counter.ts";
import { addAuditRoute } from "./audit/add-audit-route.ts";
import { openAuditReader } from "../audit/audit-reader.ts";
import { openAuditTrail } from "../audit/audit-trail.ts";
import { assertAccessDeclared } from "./auth/declared-access.ts";
import { guardApi } from "./apply-middleware.ts";
import { readRoles } from "./auth/roles.ts";
import { openUserCache } from "./users/user-cache.ts";
import { createClerkApi } from "../clerk/client/clerk-api.ts";
import type { ApiConfig } from "./api-config.ts";
import type { ApiApp } from "./http/api-env.ts";
import { createApi } from "./http/create-router.ts";
import type { Logger } from "../shared/logger.ts";
import type { ApiMetrics } from "../shared/metrics.ts";
import { addUserRoutes } from "./users/add-user-routes.ts";
import { openIdempotencyRecords } from "./users/idempotency-records.ts";
import type { QueueSnapshotDeps } from "./users/queue-snapshot.ts";
import type { RedisClient } from "../redis/redis-client.ts";

export interface UserApiDeps extends Pick<QueueSnapshotDeps, "queues" | "shardOf"> {
  /** For what a request cannot do without. Both fail fast. */
  readonly redis: RedisClient;
  /** For what it can: it waits a shorter time for this one. Rate limits are counted in memory then, users read from Clerk. */
  readonly quickRedis: RedisClient;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** Everything below `/api`: its guards and the routes of all areas. Throws a ConfigError when the file of roles is not one. */
export function openUserApi(config: ApiConfig, deps: UserApiDeps): ApiApp {
  const { redis, quickRedis, queues, shardOf, metrics, log, now } = deps;
  const quick = { redis: quickRedis, redisPrefix: config.redis.prefix, log, now };
  const analytics = { redisPrefix: config.redis.prefix, config: config.analytics, now };
  const audit = openAuditTrail({ redis, redisPrefix: config.redis.prefix, metrics, log });
  const security = openSecurityCounter({ ...quick, config: config.analytics });
  const findRole = readRoles(config.auth.rolesFile);
  const clerk = createClerkApi({ ...quick, config: config.clerk, registry: metrics.registry });
  const cache = openUserCache({ ...quick, config: config.cache, metrics });
  const shared = { clerk, cache, audit, findRole, queues, shardOf, metrics, log, now };

  const api = createApi(log);
  guardApi(api, { ...quick, auth: config.auth, clerk: config.clerk, findRole, audit, security });
  addUserRoutes(api, {
    ...shared,
    config: config.users,
    passwords: config.passwords,
    idempotency: openIdempotencyRecords({
      redis,
      redisPrefix: config.redis.prefix,
      secret: config.clerk.secretKey,
    }),
  });
  addAccountRoutes(api, openAccounts({ ...quick, ...shared, config: config.accounts, security }));
  addAuditRoute(api, { auditReader: openAuditReader(redis, config.redis.prefix) });
  addAnalyticsRoutes(api, { ...analytics, analyticsReader: openAnalyticsReader({ ...analytics, redis }) });
  assertAccessDeclared(api);
  return api;
}
