import type { ApiContext } from "./users/api-context.ts";
import { createRateLimit } from "./http/rate-limit.ts";
import { addAnalyticsRoutes } from "./analytics/add-analytics-routes.ts";
import { createAnalyticsReader } from "../analytics/analytics-reader.ts";
import { createSecurityCounter } from "../analytics/security-counter.ts";
import { addAuditRoute } from "./audit/add-audit-route.ts";
import { createAuditReader } from "../audit/audit-reader.ts";
import { type AuditTrail, createAuditTrail, createAuditTrailMetrics } from "../audit/audit-trail.ts";
import { startDenialTrail } from "../audit/denial-trail.ts";
import { assertAccessDeclared } from "./auth/requires.ts";
import { applyMiddleware } from "./apply-middleware.ts";
import { createAccessVerifier } from "./auth/create-access-verifier.ts";
import type { VerifyToken } from "./auth/verify-token.ts";
import { type FindRole, readRoles } from "./auth/roles.ts";
import { createUserCache, createUserMetrics } from "./users/user-cache.ts";
import { type ClerkApi, createClerkApi } from "../clerk/client/clerk-api.ts";
import type { ApiConfig } from "./api-config.ts";
import type { ApiApp } from "./http/api-env.ts";
import { createRequestMetrics } from "./http/request-metrics.ts";
import { createRouter } from "./http/create-router.ts";
import type { Logger } from "../shared/logger.ts";
import type { Registry } from "prom-client";
import { createIdempotencyRecords } from "./users/idempotency-records.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import { createCoverage } from "../reconciliation/coverage.ts";
import { createUserIndex } from "../ledger/user-index.ts";
import { rememberPending } from "../ledger/pending-changes.ts";
import { shardPrefix } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { addBatch } from "./users/add-batch.ts";
import { addChangeRole } from "./users/change-role.ts";
import { addCreateUser } from "./users/create-user.ts";
import { addDeleteUser } from "./users/delete-user.ts";
import { addGetUser } from "./users/get-user.ts";
import { addListUsers } from "./users/list-users.ts";
import { addUpdateUser } from "./users/update-user.ts";
import { addChangeAccountStatus } from "./accounts/change-account-status.ts";
import { addCreateRecoveryLink } from "./accounts/create-recovery-link.ts";
import { addGetDetails } from "./accounts/get-details.ts";
import { addListSessions } from "./accounts/list-sessions.ts";
import { addResetMfa } from "./accounts/reset-mfa.ts";
import { addUnlinkAccount } from "./accounts/unlink-account.ts";
import { addRevokeSession, addRevokeSessions } from "./accounts/revoke-sessions.ts";
import { addVerifyPassword } from "./accounts/verify-password.ts";

export interface UserApiDeps {
  readonly queues: Pick<MessageQueues, "add">;
  readonly shardOf: (userId: string) => number;
  /** For what a request needs. Both connections fail fast. */
  readonly redis: RedisClient;
  /**
   * For what is optional, with a shorter timeout. While it is unavailable, rate limits are counted in memory and users are read from
   * Clerk.
   */
  readonly optionalRedis: RedisClient;
  readonly registry: Registry;
  readonly log: Logger;
  readonly now: () => number;
  /** Registers what must happen before the process ends. */
  readonly onStop: (name: string, stop: () => Promise<void>) => void;
}

/** The user API, and what the console shares with it. */
export interface UserApi {
  readonly app: ApiApp;
  readonly clerk: ClerkApi;
  readonly audit: AuditTrail;
  readonly findRole: FindRole;
  readonly verify: VerifyToken;
}

/** Everything below `/api`: the middleware and the routes of all areas. Throws a `ConfigError` when the file of roles is invalid. */
export function createUserApi(config: ApiConfig, deps: UserApiDeps): UserApi {
  const { redis, optionalRedis, queues, shardOf, registry, log, now } = deps;
  const metrics = createUserMetrics(registry);
  const quick = { redis: optionalRedis, redisPrefix: config.redis.prefix, log, now };
  const audit = createAuditTrail({
    redis,
    redisPrefix: config.redis.prefix,
    metrics: createAuditTrailMetrics(registry),
    log,
  });
  const denials = startDenialTrail(audit);
  deps.onStop("denials", () => denials.stop());
  const security = createSecurityCounter({ ...quick, config: config.analytics });
  const roles = readRoles(config.auth.rolesFile);
  const findRole = roles.find;
  const clerk = createClerkApi({ ...quick, config: config.clerk, registry });
  const cache = createUserCache({ ...quick, config: config.cache, metrics });
  const { perEmail, perIp, windowSeconds } = config.users.passwordAttempts;
  const passwordLimit = (name: string, requests: number) =>
    createRateLimit(optionalRedis, config.redis.prefix, { name, requests, windowSeconds });
  const context: ApiContext = {
    config: config.users,
    clerk,
    cache,
    userIndex: createUserIndex({
      redis: optionalRedis,
      redisPrefix: config.redis.prefix,
      shards: config.shards,
      shardOf,
    }),
    coverage: createCoverage(optionalRedis, config.redis.prefix),
    rememberPending: (userId, state) =>
      rememberPending(redis, shardPrefix(config.redis.prefix, shardOf(userId)), userId, state),
    queues,
    shardOf,
    eventFields: config.eventFields,
    idempotency: createIdempotencyRecords({ redis, redisPrefix: config.redis.prefix, secret: config.clerk.secretKey }),
    findRole,
    roleChangers: roles.granting("users:roles"),
    passwords: config.passwords,
    passwordLimits: {
      perEmail: passwordLimit("passwords-of-email", perEmail),
      perIp: passwordLimit("passwords-of-ip", perIp),
    },
    audit,
    denials,
    security,
    metrics,
    log,
    now,
  };

  const requestMetrics = createRequestMetrics(registry);
  const api = createRouter(log, requestMetrics);
  const verify = createAccessVerifier({ auth: config.auth, findRole, clerk: config.clerk, log, now });
  applyMiddleware(api, { ...quick, auth: config.auth, verify, denials, security, requestMetrics });
  addUserRoutes(api, context);
  addAccountRoutes(api, context);
  addAuditRoute(api, { auditReader: createAuditReader(redis, config.redis.prefix) });
  addAnalyticsRoutes(api, {
    reader: createAnalyticsReader(redis, config.redis.prefix),
    config: config.analytics,
    now,
  });
  assertAccessDeclared(api);
  return { app: api, clerk, audit, findRole, verify };
}

/** The routes of users: listing, reading, creating, updating and deleting them. */
function addUserRoutes(api: ApiApp, context: ApiContext): void {
  addListUsers(api, context);
  addGetUser(api, context);
  addCreateUser(api, context);
  addUpdateUser(api, context);
  addDeleteUser(api, context);
  addChangeRole(api, context);
  addBatch(api, context);
}

/** The routes of a user's account: details, sessions, status and credentials. */
function addAccountRoutes(api: ApiApp, context: ApiContext): void {
  addGetDetails(api, context);
  addListSessions(api, context);
  addRevokeSession(api, context);
  addRevokeSessions(api, context);
  addChangeAccountStatus(api, context);
  addResetMfa(api, context);
  addUnlinkAccount(api, context);
  addCreateRecoveryLink(api, context);
  addVerifyPassword(api, context);
}
