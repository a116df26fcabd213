import { Redis, type RedisOptions } from "ioredis";
import type { Logger } from "../logger.ts";

const reconnectWithin: Pick<RedisOptions, "retryStrategy" | "connectTimeout" | "maxLoadingRetryTime"> = {
  connectTimeout: 2_000,
  // A Redis that loads its data guesses how long it takes, and is often wrong by many seconds.
  maxLoadingRetryTime: 500,
  retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
};

/**
 * A connection for those who must answer now: a command fails at once while Redis is away, and after `commandTimeout`
 * when Redis does not answer. Never throws by itself; it goes on reconnecting until closed.
 */
export function connectFailingFast(url: string, log: Logger, commandTimeout = 800): Redis {
  return withListener(
    new Redis(url, { ...reconnectWithin, commandTimeout, enableOfflineQueue: false, maxRetriesPerRequest: 0 }),
    log,
  );
}

/** A connection that blocks for work (BullMQ wants no limit of retries there). */
export function connectBlocking(url: string, log: Logger): Redis {
  return withListener(new Redis(url, { ...reconnectWithin, maxRetriesPerRequest: null }), log);
}

/** Without a listener an ioredis error ends the process. One line for each change of state, not one for each attempt. */
function withListener(redis: Redis, log: Logger): Redis {
  let away = false;
  redis.on("error", (error: Error) => {
    if (!away) log.warn({ event: "redis.away", error: error.message }, "Redis is away");
    away = true;
  });
  redis.on("ready", () => {
    if (away) log.info({ event: "redis.back" }, "Redis is back");
    away = false;
  });
  return redis;
}
