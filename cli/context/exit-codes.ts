import { isClerkOutage } from "../../src/clerk/client/clerk-errors.ts";
import { isKafkaOutage } from "../../src/kafka/client/explain-error.ts";
import { RedisUnavailableError } from "../../src/queue/message-queues.ts";

/**
 * Exit codes of every command, for scripts.
 *
 * | code | means                                                                                  |
 * | ---- | -------------------------------------------------------------------------------------- |
 * | 0    | the command did its work and found nothing wrong                                       |
 * | 1    | it did not: wrong arguments or configuration, a refusal, or an unexpected error        |
 * | 2    | it did its work and found problems, which it has printed                               |
 * | 3    | Redis, Kafka or Clerk is unavailable; the same command may succeed later               |
 */
export const exitCodes = { ok: 0, failed: 1, problems: 2, unavailable: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code for an error that a command has thrown. */
export const exitCodeOf = (error: unknown): ExitCode => (isOutage(error) ? exitCodes.unavailable : exitCodes.failed);

/** Whether a server did not answer, so that waiting may help. */
export const isOutage = (error: unknown): boolean =>
  error instanceof RedisUnavailableError || isClerkOutage(error) || isKafkaOutage(error) || isRedisOutage(error);

/** What ioredis throws while it is not connected. */
const isRedisOutage = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === "MaxRetriesPerRequestError" ||
    /^(Connection is closed|Stream isn't writeable|Command timed out)/.test(error.message));
