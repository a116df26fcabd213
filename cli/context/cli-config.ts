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
 * Reads the configuration of the commands from the worker's environment. Each part is read when it is first used, so that a command
 * asks only for the settings that it needs. Reading a part throws a `ConfigError` when its settings are wrong.
 */
export function readCliConfig(variables: EnvironmentVariables = process.env) {
  const program = toProgramConfig(readEnvironment(PROGRAM_ENVIRONMENT, variables));
  return {
    ...program,
    get redis() {
      return toRedisConfig(readEnvironment(REDIS_ENVIRONMENT, variables));
    },
    get maxMemoryShare() {
      return readEnvironment(REDIS_MEMORY_ENVIRONMENT, variables).REDIS_MAX_MEMORY_SHARE;
    },
    get kafka() {
      return toKafkaConfig(readEnvironment(KAFKA_ENVIRONMENT, variables), program.shards);
    },
    get deadLetters() {
      return toDeadLettersConfig(readEnvironment(DEAD_LETTERS_ENVIRONMENT, variables));
    },
    get reconciliation() {
      return toReconciliationConfig(readEnvironment(RECONCILIATION_ENVIRONMENT, variables));
    },
    get eventFields() {
      return readEnvironment(EVENT_FIELDS_ENVIRONMENT, variables).EVENT_FIELDS;
    },
    get clerk() {
      return toClerkConfig(readEnvironment(CLERK_ENVIRONMENT, variables));
    },
  };
}
