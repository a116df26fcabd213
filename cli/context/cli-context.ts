import { Registry } from "prom-client";
import { type ClerkApi, createClerkApi } from "../../src/clerk/client/clerk-api.ts";
import { type ClerkInstance, createClerkInstance } from "../../src/clerk/client/clerk-instance.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { type EventLog, openEventLog } from "../../src/kafka/open-event-log.ts";
import { type LedgerView, createLedgerView } from "../../src/ledger/ledger-view.ts";
import { type DeadLetters, createDeadLetters } from "../../src/queue/dead-letters.ts";
import { type MessageQueues, createMessageQueues, RedisUnavailableError } from "../../src/queue/message-queues.ts";
import { createFailFastRedis } from "../../src/redis/create-redis.ts";
import { shardPrefix } from "../../src/redis/keys.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import { onStopSignal } from "../../src/shared/lifecycle.ts";
import { ConfigError, messageOf } from "../../src/shared/errors.ts";
import { createLogger } from "../../src/shared/logger.ts";
import { withTimeout } from "../../src/shared/with-timeout.ts";
import { type CliConfig, readCliConfig } from "./cli-config.ts";
import { type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { createOutput, type Output } from "./output.ts";
import { explainKafkaError } from "../../src/kafka/client/explain-error.ts";

/** What every command works with: the worker's configuration, the same clients of Redis, Kafka and Clerk, and where it writes. */
export interface CliContext extends AsyncDisposable, Output {
  readonly config: CliConfig;
  /** Connected, and fails fast. */
  readonly redis: RedisClient;
  /** Connects to Kafka when it is first used. */
  readonly eventLog: EventLog;
  readonly deadLetters: DeadLetters;
  readonly queues: MessageQueues;
  readonly shardOf: (userId: string) => number;
  readonly viewShard: (shard: number) => LedgerView;
  /**
   * Opens Clerk's Backend API, within the rate limit that this process shares with the running ones. Throws a
   * `ConfigError` when the secret key is not set: only the commands that need Clerk need the key.
   */
  readonly openClerk: () => { readonly clerk: ClerkApi; readonly instance: ClerkInstance };
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal;
}

const redisTimeoutMs = 5_000;

/** Connects to Redis and creates the rest. Throws when the configuration is wrong or Redis is unavailable. */
export async function openCliContext(output: Output = createOutput(false)): Promise<CliContext> {
  const config = readCliConfig();
  const log = createLogger("cli", "silent");
  const { address, prefix } = config.redis;
  const redis = createFailFastRedis(address, log, redisTimeoutMs);
  await untilReady(redis);
  const interrupted = new AbortController();
  onStopSignal(["SIGINT", "SIGTERM"], () => interrupted.abort());
  const queues = createMessageQueues({ redis, redisPrefix: prefix, deadlineMs: redisTimeoutMs });
  let eventLog: EventLog | undefined;
  return {
    ...output,
    config,
    redis,
    get eventLog() {
      eventLog ??= openEventLog(config.kafka, log);
      return eventLog;
    },
    get deadLetters() {
      return createDeadLetters(redis, prefix, config.deadLetters.retentionMs);
    },
    queues,
    shardOf: createShardOf(config.shards),
    viewShard: (shard) => createLedgerView(redis, shardPrefix(prefix, shard)),
    openClerk: () => {
      const shared = { redis, redisPrefix: prefix, now: Date.now };
      const clerk = createClerkApi({ config: config.clerk, registry: new Registry(), log, ...shared });
      return { clerk, instance: createClerkInstance(clerk, shared) };
    },
    signal: interrupted.signal,
    [Symbol.asyncDispose]: async () => {
      await queues.close();
      redis.disconnect();
    },
  };
}

async function untilReady(redis: RedisClient): Promise<void> {
  if (redis.status === "ready") return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  redis.once("ready", resolve);
  redis.once("error", reject);
  // An incomplete cluster neither emits an error nor becomes ready.
  const ready = withTimeout(
    redisTimeoutMs,
    promise,
    () => new Error(`not ready in ${redisTimeoutMs} ms (${redis.status})`),
  );
  await ready.catch((error: unknown) => {
    redis.disconnect();
    throw new RedisUnavailableError(`Redis is unavailable: ${messageOf(error)}`);
  });
}

/**
 * Runs one command and sets the exit code. An error becomes one line on standard error, without a stack. Errors after
 * Ctrl-C are ignored: the operator has stopped the command.
 */
export async function runCommand(
  { json = false }: { readonly json?: boolean },
  command: (context: CliContext) => Promise<ExitCode>,
): Promise<void> {
  try {
    await using context = await openCliContext(createOutput(json));
    try {
      process.exitCode = await command(context);
    } catch (error) {
      if (!context.signal.aborted) throw error;
    }
  } catch (error) {
    const shown = explainKafkaError(error) ?? error;
    process.stderr.write(`${shown instanceof ConfigError ? String(shown) : messageOf(shown)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
