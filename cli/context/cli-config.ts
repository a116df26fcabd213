import { CLERK_ENVIRONMENT, toClerkConfig } from "../../src/clerk/client/clerk-config.ts";
import { EVENT_FIELDS_ENVIRONMENT } from "../../src/clerk/payloads/optional-fields.ts";
import { KAFKA_ENVIRONMENT, toKafkaConfig } from "../../src/kafka/client/kafka-config.ts";
import { DEAD_LETTERS_ENVIRONMENT, toDeadLettersConfig } from "../../src/queue/dead-letters.ts";
import { RECONCILIATION_ENVIRONMENT, toReconciliationConfig } from "../../src/reconciliation/reconciliation-config.ts";
import { REDIS_MEMORY_ENVIRONMENT } from "../../src/redis/redis-memory.ts";
import { REDIS_ENVIRONMENT, toRedisConfig } from "../../src/redis/redis-address.ts";
import { type EnvironmentVariables, readEnvironment } from "../../src/shared/environment.ts";
import { PROGRAM_ENVIRONMENT, toProgramConfig } from "../../src/shared/program-config.ts";

/** Every variable that the CLI reads. */
export const CLI_ENVIRONMENT = {
  ...PROGRAM_ENVIRONMENT,
  ...CLERK_ENVIRONMENT,
  ...REDIS_ENVIRONMENT,
  ...REDIS_MEMORY_ENVIRONMENT,
  ...KAFKA_ENVIRONMENT,
  ...DEAD_LETTERS_ENVIRONMENT,
  ...RECONCILIATION_ENVIRONMENT,
  ...EVENT_FIELDS_ENVIRONMENT,
};

export type CliConfig = ReturnType<typeof readCliConfig>;

/**
 * Reads the configuration of the commands from the worker's environment. Throws a `ConfigError` when it is wrong. Reading
 * `clerk` throws one when the secret key is not set, so that commands without Clerk need no key.
 */
export function readCliConfig(variables: EnvironmentVariables = process.env) {
  const env = readEnvironment(CLI_ENVIRONMENT, variables);
  return {
    ...toProgramConfig(env),
    redis: toRedisConfig(env),
    maxMemoryShare: env.REDIS_MAX_MEMORY_SHARE,
    kafka: toKafkaConfig(env, env.SHARDS),
    deadLetters: toDeadLettersConfig(env),
    reconciliation: toReconciliationConfig(env),
    eventFields: env.EVENT_FIELDS,
    get clerk() {
      return toClerkConfig(env);
    },
  };
}
