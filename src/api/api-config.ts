import { z } from "zod";
import { ConfigError } from "../shared/errors.ts";
import { ANALYTICS_ENVIRONMENT, toAnalyticsConfig } from "../analytics/analytics-config.ts";
import { CACHE_ENVIRONMENT, toCacheConfig } from "../cache/shared-cache.ts";
import { CLERK_ENVIRONMENT, toClerkConfig } from "../clerk/client/clerk-config.ts";
import { EVENT_FIELDS_ENVIRONMENT } from "../clerk/payloads/optional-fields.ts";
import { DEAD_LETTERS_ENVIRONMENT, toDeadLettersConfig } from "../queue/dead-letters.ts";
import { REDIS_MEMORY_ENVIRONMENT } from "../redis/redis-memory.ts";
import { REDIS_ENVIRONMENT, toRedisConfig } from "../redis/redis-address.ts";
import { type EnvironmentVariables, port, positive, readEnvironment } from "../shared/environment.ts";
import { PROGRAM_ENVIRONMENT, toProgramConfig } from "../shared/program-config.ts";
import { toTracingConfig } from "../shared/tracing.ts";
import { toWebhooksConfig, WEBHOOKS_ENVIRONMENT } from "../webhooks/webhooks-config.ts";
import { AUTH_ENVIRONMENT, toAuthConfig } from "./auth/auth-config.ts";
import { CONSOLE_ENVIRONMENT, toConsoleConfig } from "./console/console-config.ts";
import { PASSWORDS_ENVIRONMENT, toPasswordPolicy } from "./passwords/password-policy.ts";
import { toUsersConfig, USERS_ENVIRONMENT } from "./users/users-config.ts";

/** Every variable that the API reads. */
export const API_ENVIRONMENT = {
  ...PROGRAM_ENVIRONMENT,
  ...CLERK_ENVIRONMENT,
  ...WEBHOOKS_ENVIRONMENT,
  ...REDIS_ENVIRONMENT,
  ...REDIS_MEMORY_ENVIRONMENT,
  REDIS_OPTIONAL_TIMEOUT_MS: positive
    .default(250)
    .describe("Timeout of optional Redis calls (cache, rate limits, counters), in ms"),
  ...DEAD_LETTERS_ENVIRONMENT,
  PORT: port.default(3007).describe("Port of the API"),
  OPERATIONS_PORT: port
    .optional()
    .describe(
      "Port of the API's metrics and of the conditions of its readiness, for operators only; not set: they are on PORT, which the next release will not do",
    ),
  SHUTDOWN_DELAY_MS: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe(
      "Time between the moment when the API stops being ready and the end of its listening, in ms; part of SHUTDOWN_TIMEOUT_MS",
    ),
  ...AUTH_ENVIRONMENT,
  ...PASSWORDS_ENVIRONMENT,
  ...USERS_ENVIRONMENT,
  ...CACHE_ENVIRONMENT,
  ...ANALYTICS_ENVIRONMENT,
  ...EVENT_FIELDS_ENVIRONMENT,
  ...CONSOLE_ENVIRONMENT,
};

export type ApiConfig = ReturnType<typeof readApiConfig>;

/** Configuration of the API. Throws a `ConfigError`. */
export function readApiConfig(variables: EnvironmentVariables = process.env) {
  const env = readEnvironment(API_ENVIRONMENT, variables);
  return {
    ...toProgramConfig(env),
    port: env.PORT,
    operationsPort: env.OPERATIONS_PORT,
    shutdownDelayMs: shutdownDelayOf(env),
    redis: toRedisConfig(env),
    maxMemoryShare: env.REDIS_MAX_MEMORY_SHARE,
    optionalRedisTimeoutMs: env.REDIS_OPTIONAL_TIMEOUT_MS,
    clerk: toClerkConfig(env),
    webhooks: toWebhooksConfig(env),
    deadLetters: toDeadLettersConfig(env),
    auth: toAuthConfig(env),
    passwords: toPasswordPolicy(env),
    users: toUsersConfig(env),
    cache: toCacheConfig(env),
    analytics: toAnalyticsConfig(env),
    eventFields: env.EVENT_FIELDS,
    tracing: toTracingConfig("api", variables),
    console: toConsoleConfig(env, variables, env.SHARDS),
  };
}

function shutdownDelayOf(env: { SHUTDOWN_DELAY_MS: number; SHUTDOWN_TIMEOUT_MS: number }): number {
  if (env.SHUTDOWN_DELAY_MS < env.SHUTDOWN_TIMEOUT_MS) return env.SHUTDOWN_DELAY_MS;
  throw new ConfigError("SHUTDOWN_DELAY_MS: must be less than SHUTDOWN_TIMEOUT_MS");
}
