import { ANALYTICS_ENVIRONMENT, toAnalyticsConfig } from "../src/analytics/analytics-config.ts";
import { AUDIT_ENVIRONMENT, toAuditConfig } from "../src/audit/audit-outbox.ts";
import { CACHE_ENVIRONMENT, toCacheConfig } from "../src/cache/shared-cache.ts";
import { CLERK_ENVIRONMENT, toClerkConfig } from "../src/clerk/client/clerk-config.ts";
import { EVENT_FIELDS_ENVIRONMENT } from "../src/clerk/payloads/optional-fields.ts";
import { KAFKA_ENVIRONMENT, toKafkaConfig } from "../src/kafka/client/kafka-config.ts";
import { DEAD_LETTERS_ENVIRONMENT, toDeadLettersConfig } from "../src/queue/dead-letters.ts";
import { RECONCILIATION_ENVIRONMENT, toReconciliationConfig } from "../src/reconciliation/reconciliation-config.ts";
import { REDIS_ENVIRONMENT, toRedisConfig } from "../src/redis/redis-address.ts";
import { type EnvironmentVariables, port, positive, readEnvironment } from "../src/shared/environment.ts";
import { toTracingConfig } from "../src/shared/tracing.ts";
import { PROGRAM_ENVIRONMENT, toProgramConfig } from "../src/shared/program-config.ts";

/** Every variable that the worker reads. */
export const WORKER_ENVIRONMENT = {
  ...PROGRAM_ENVIRONMENT,
  ...CLERK_ENVIRONMENT,
  ...REDIS_ENVIRONMENT,
  ...KAFKA_ENVIRONMENT,
  ...DEAD_LETTERS_ENVIRONMENT,
  WORKER_PORT: port.default(3008).describe("Port of the worker's /livez, /readyz and /metrics"),
  STALE_USER_CHECK_AFTER_MS: positive
    .default(7 * 86_400_000)
    .describe(
      "Age of a message about an unknown user from which on Clerk is asked before the user is published, in ms",
    ),
  STALE_USER_GIVE_UP_AFTER_MS: positive
    .default(86_400_000)
    .describe(
      "Time that a message waits for Clerk's answer about an unknown user, in ms; then it becomes a dead letter",
    ),
  ...RECONCILIATION_ENVIRONMENT,
  ...AUDIT_ENVIRONMENT,
  ...CACHE_ENVIRONMENT,
  ...ANALYTICS_ENVIRONMENT,
  ...EVENT_FIELDS_ENVIRONMENT,
};

/** How messages about unknown users are verified; all in ms. */
export type StaleUsersConfig = WorkerConfig["staleUsers"];
export type WorkerConfig = ReturnType<typeof readWorkerConfig>;

/** Configuration of the worker. Throws a `ConfigError`. */
export function readWorkerConfig(variables: EnvironmentVariables = process.env) {
  const env = readEnvironment(WORKER_ENVIRONMENT, variables);
  return {
    ...toProgramConfig(env),
    tracing: toTracingConfig("worker", variables),
    port: env.WORKER_PORT,
    redis: toRedisConfig(env),
    kafka: toKafkaConfig(env, env.SHARDS),
    clerk: toClerkConfig(env),
    deadLetters: toDeadLettersConfig(env),
    staleUsers: { checkAfterMs: env.STALE_USER_CHECK_AFTER_MS, giveUpAfterMs: env.STALE_USER_GIVE_UP_AFTER_MS },
    reconciliation: toReconciliationConfig(env),
    audit: toAuditConfig(env),
    cache: toCacheConfig(env),
    analytics: toAnalyticsConfig(env),
    eventFields: env.EVENT_FIELDS,
  };
}
