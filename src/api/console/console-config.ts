import type { z } from "zod";
import { KAFKA_ENVIRONMENT, type KafkaConfig, toKafkaConfig } from "../../kafka/client/kafka-config.ts";
import { type EnvironmentVariables, flag, positive, readEnvironment } from "../../shared/environment.ts";

export const CONSOLE_ENVIRONMENT = {
  CONSOLE: flag
    .default(false)
    .describe(
      "Whether the API serves the console for operators at /console; it then reads the worker's Kafka settings, too",
    ),
  CONSOLE_SESSION_MINUTES: positive.default(60).describe("Time after which an operator signs in to the console again"),
};

export interface ConsoleConfig {
  readonly sessionMinutes: number;
  readonly kafka: KafkaConfig;
}

/** Undefined when the console is turned off: the settings of Kafka are then not read. Throws a `ConfigError`. */
export const toConsoleConfig = (
  env: z.infer<z.ZodObject<typeof CONSOLE_ENVIRONMENT>>,
  variables: EnvironmentVariables,
  shards: number,
): ConsoleConfig | undefined =>
  env.CONSOLE
    ? {
        sessionMinutes: env.CONSOLE_SESSION_MINUTES,
        kafka: toKafkaConfig(readEnvironment(KAFKA_ENVIRONMENT, variables), shards),
      }
    : undefined;
