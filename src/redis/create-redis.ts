import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import type { Logger } from "../shared/logger.ts";
import type { RedisAddress } from "./redis-address.ts";
import { rememberConnectionErrors, type RedisClient } from "./redis-client.ts";
import { describeRedisError, isMissingDatabase, redisReason } from "./redis-reason.ts";

/** Delay before a reconnection, in ms. */
const reconnectDelay = (attempt: number) => Math.min(attempt * 50, 1_000);
const reconnecting = {
  connectTimeout: 2_000,
  // A Redis that loads its data estimates the remaining time, and is often wrong by many seconds.
  maxLoadingRetryTime: 500,
};
/**
 * A server that was replaced by another one can fall silent without closing a connection. A connection on which a command gets no
 * answer for this time is opened again. Each limit is longer than its commands wait: an owner of a shard waits for a job for a
 * second at a time, and BullMQ blocks for 10 s at most.
 */
const socketTimeoutMs = { failFast: 4_000, jobs: 6_000, blocking: 12_000 };
/** A command that is overdue fails before its connection does. */
const socketReserveMs = 1_000;
/** Pause between two reconnections because of a refusal, which may last long. */
const refusedPauseMs = 1_000;
/** A cluster node reports a slot's new owner when it is asked for the slot, but not when it has fallen silent. */
const slotsRefreshMs = 5_000;
/** Retries for a command whose cluster node is lost, until its successor answers. */
const redirects = { max: 5, delayMs: 40 };

/**
 * A fail-fast connection for the request path. While Redis is unavailable a command fails at once; on a cluster, after up to 200 ms of
 * following redirects. It fails after `commandTimeout` ms when Redis does not answer. The connection never throws by itself:
 * it reconnects until it is closed, and follows a failover.
 */
export function createFailFastRedis(address: RedisAddress, log: Logger, commandTimeout = 800): RedisClient {
  return connect(address, log, {
    redis: {
      commandTimeout,
      maxRetriesPerRequest: 0,
      socketTimeout: Math.max(socketTimeoutMs.failFast, commandTimeout + socketReserveMs),
    },
    enableOfflineQueue: false,
    cluster: { maxRedirections: redirects.max, retryDelayOnFailover: redirects.delayMs, retryDelayOnClusterDown: 0 },
  });
}

/**
 * A connection for work in the background, which waits for Redis without a limit, as BullMQ requires. For an unavailable node of a
 * cluster a command waits half a second and then fails.
 */
export const createBlockingRedis = (address: RedisAddress, log: Logger): RedisClient =>
  connectInBackground(address, log, socketTimeoutMs.blocking);

/**
 * The same for commands that do not block: claiming jobs and requesting runs. An owner of a shard waits for them, and must follow a
 * failover soon.
 */
export const createJobsRedis = (address: RedisAddress, log: Logger): RedisClient =>
  connectInBackground(address, log, socketTimeoutMs.jobs);

const connectInBackground = (address: RedisAddress, log: Logger, socketTimeout: number): RedisClient =>
  connect(address, log, {
    // Blocking commands end by themselves, before BullMQ's watchdog resets the connection, which a cluster connection does not survive.
    redis: { maxRetriesPerRequest: null, blockingTimeout: 1, socketTimeout },
    enableOfflineQueue: true,
    cluster: { maxRedirections: 6, retryDelayOnFailover: 100, retryDelayOnMoved: 50, retryDelayOnClusterDown: 100 },
  });

interface ConnectionProfile {
  readonly redis: Pick<RedisOptions, "commandTimeout" | "maxRetriesPerRequest" | "blockingTimeout" | "socketTimeout">;
  readonly enableOfflineQueue: boolean;
  readonly cluster: Pick<
    ClusterOptions,
    "maxRedirections" | "retryDelayOnFailover" | "retryDelayOnClusterDown" | "retryDelayOnMoved"
  >;
}

function connect(
  address: RedisAddress,
  log: Logger,
  { redis, enableOfflineQueue, cluster }: ConnectionProfile,
): RedisClient {
  const options = { ...reconnecting, ...redis, reconnectOnError: createReconnectOnReadOnly() };
  switch (address.kind) {
    case "single":
      return logAvailability(
        new Redis(address.url, { ...options, enableOfflineQueue, retryStrategy: reconnectDelay }),
        log,
      );
    case "sentinel":
      return logAvailability(
        new Redis({
          ...options,
          ...sentinelOptions(address),
          enableOfflineQueue,
          retryStrategy: reconnectDelay,
        }),
        log,
      );
    case "cluster":
      return logAvailability(
        new Cluster([...address.nodes], {
          ...cluster,
          enableOfflineQueue,
          clusterRetryStrategy: reconnectDelay,
          slotsRefreshInterval: slotsRefreshMs,
          // A certificate names a host, so a node's name must not be resolved to an address before the comparison.
          ...(address.tls && { dnsLookup: (host, done) => done(null, host) }),
          redisOptions: {
            ...options,
            ...address.login,
            ...(address.tls && { tls: {} }),
          },
        }),
        log,
      );
  }
}

const sentinelOptions = ({
  sentinels,
  master,
  db,
  tls,
  login,
  sentinelLogin,
}: RedisAddress & { kind: "sentinel" }) => ({
  sentinels: [...sentinels],
  name: master,
  db,
  ...login,
  ...(sentinelLogin.username !== undefined && { sentinelUsername: sentinelLogin.username }),
  ...(sentinelLogin.password !== undefined && { sentinelPassword: sentinelLogin.password }),
  ...(tls && { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} }),
  sentinelRetryStrategy: reconnectDelay,
  sentinelCommandTimeout: 2_000,
});

/**
 * A master that has become a replica refuses writes for as long as a connection to it lives. A new connection reaches the new master:
 * the Sentinels, the name or the proxy behind the address lead to it.
 */
function createReconnectOnReadOnly(): (error: Error) => boolean {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (redisReason(error) !== "readonly" || performance.now() - lastAt < refusedPauseMs) return false;
    lastAt = performance.now();
    return true;
  };
}

/**
 * Logs when Redis or a node of a cluster becomes unavailable and available again: one line for each change, not for each attempt.
 * Without a listener, an error of ioredis ends the process.
 */
function logAvailability<Client extends RedisClient>(redis: Client, log: Logger): Client {
  rememberConnectionErrors(redis);
  const unavailable = new Set<string>();
  const onLost = (what: string, error: Error) => {
    if (!unavailable.has(what))
      log.warn({ event: "redis.unavailable", what, error: describeRedisError(error) }, "Redis is unavailable");
    unavailable.add(what);
  };
  const onRestored = (what: string) => {
    if (unavailable.delete(what)) log.info({ event: "redis.available", what }, "Redis is available again");
  };
  const kind = "nodes" in redis ? "cluster" : "server";
  redis.on("error", (error: Error) => onLost(kind, error));
  redis.on("error", (error: Error) => {
    // ioredis would go on with database 0, which may belong to another installation.
    if (isMissingDatabase(error)) redis.disconnect();
  });
  redis.on("ready", () => onRestored(kind));
  // Events of a cluster about its nodes.
  redis.on("node error", (error: Error, node: string) => onLost(node, error));
  redis.on("+node", (node: Redis) => {
    node.on("ready", () => onRestored(`${node.options.host}:${node.options.port}`));
  });
  return redis;
}
