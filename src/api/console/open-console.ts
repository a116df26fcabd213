import type { ApiConfig } from "../api-config.ts";
import { createClerkInstance } from "../../clerk/client/clerk-instance.ts";
import { createUserReader } from "../../clerk/users/read-user.ts";
import { createStatusSources } from "../../inspection/bridge-status.ts";
import { openEventLog } from "../../kafka/open-event-log.ts";
import { createLedgerView } from "../../ledger/ledger-view.ts";
import type { DeadLetters } from "../../queue/dead-letters.ts";
import type { MessageQueues } from "../../queue/message-queues.ts";
import { createUserPageReader } from "../../reconciliation/paging/user-page-reader.ts";
import { shardPrefix } from "../../redis/keys.ts";
import { connectionErrorOf, type RedisClient } from "../../redis/redis-client.ts";
import { describeRedisError } from "../../redis/redis-reason.ts";
import type { Logger } from "../../shared/logger.ts";
import { createAddressCheck } from "../auth/client-ip.ts";
import type { UserApi } from "../create-user-api.ts";
import { createRateLimit } from "../http/rate-limit.ts";
import type { ConsoleApp } from "./console-access.ts";
import { createConsole } from "./create-console.ts";
import type { ConsoleConfig } from "./console-config.ts";
import { createConsoleSessions } from "./console-sessions.ts";
import { startStatusHistory } from "./status-history.ts";

export interface ConsoleDeps {
  /** Fails fast. */
  readonly redis: RedisClient;
  readonly queues: MessageQueues;
  readonly deadLetters: DeadLetters;
  readonly shardOf: (userId: string) => number;
  readonly userApi: UserApi;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Opens the console over the bridge that this API belongs to, and begins to record its status. */
export function openConsole(
  config: ApiConfig,
  { sessionMinutes, kafka }: ConsoleConfig,
  deps: ConsoleDeps,
): ConsoleApp {
  const { redis, queues, deadLetters, shardOf, userApi, log, signal } = deps;
  const { eventFields, shards, auth } = config;
  const redisPrefix = config.redis.prefix;
  const now = Date.now;
  const eventLog = openEventLog(kafka, log);
  const instance = createClerkInstance(userApi.clerk, { redis, redisPrefix, now });
  const status = createStatusSources({ redis, redisPrefix, shards, queues, deadLetters, eventLog });
  return createConsole({
    status,
    user: {
      shardOf,
      viewShard: (shard) => createLedgerView(redis, shardPrefix(redisPrefix, shard)),
      queues,
      deadLetters,
      follow: eventLog.follow,
      eventsTopic: kafka.eventsTopic,
      readPage: createUserPageReader(userApi.clerk, { eventFields, now, signal, retries: false }),
      eventFields,
      signal,
    },
    retry: { eventFields, queues, shardOf, deadLetters },
    queues,
    deadLetters,
    clerk: userApi.clerk,
    readUser: createUserReader(userApi.clerk, instance, { eventFields, now }),
    history: startStatusHistory(status, signal),
    sessions: createConsoleSessions(redis, redisPrefix, {
      findRole: userApi.findRole,
      lifetimeMs: sessionMinutes * 60_000,
    }),
    verify: userApi.verify,
    badTokens: createRateLimit(redis, redisPrefix, auth.quotas.badTokens),
    isAdminAddress: createAddressCheck(auth.adminAddresses),
    trustedProxies: auth.trustedProxies,
    explain: (error) =>
      redis.status === "ready"
        ? describeRedisError(error)
        : `Redis is unavailable: ${connectionErrorOf(redis)?.message ?? `not connected (${redis.status})`}`,
    audit: userApi.audit,
    log,
    now,
    signal,
  });
}
