import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import type { Logger } from "../shared/logger.ts";
import type { RedisAddress } from "./redis-address.ts";
import type { RedisClient } from "./redis-client.ts";

const reconnectWithin = (attempt: number) => Math.min(attempt * 50, 1_000);
const reconnecting = {
  connectTimeout: 2_000,
  // A Redis that loads its data guesses how long it takes, and is often wrong by many seconds.
  maxLoadingRetryTime: 500,
};
/**
 * A server that was replaced by another one may be silent and never close a connection. Longer than anything here waits
 * for an answer: BullMQ blocks for 10 s at most.
 */
const silentForMs = 15_000;
/** A cluster tells of another owner of a slot when asked for it, but not one that has fallen silent. */
const slotsRefreshMs = 5_000;
/** What a lost node of a cluster gives its successor, or itself: so many looks, with a pause before each. */
const looks = { count: 5, pauseMs: 40 };

/**
 * A connection for those who must answer now: a command fails while Redis is away, at once or, for a node of a cluster,
 * in the fifth of a second in which its slot may turn up elsewhere; and after `commandTimeout` when Redis does not answer.
 * Never throws by itself; it goes on reconnecting until closed, and follows a failover.
 */
export function createFailFastRedis(address: RedisAddress, log: Logger, commandTimeout = 800): RedisClient {
  return connect(address, log, {
    redis: { commandTimeout, maxRetriesPerRequest: 0 },
    enableOfflineQueue: false,
    cluster: { maxRedirections: looks.count, retryDelayOnFailover: looks.pauseMs, retryDelayOnClusterDown: 0 },
  });
}

/**
 * A connection that blocks for work and waits for Redis as long as it takes (BullMQ wants no limit of retries there); for
 * a node of a cluster that is away it waits half a second, and then a command fails.
 */
export function createBlockingRedis(address: RedisAddress, log: Logger): RedisClient {
  return connect(address, log, {
    // What blocks ends by itself then, before BullMQ's own watchdog resets the connection: of a cluster's, for good.
    redis: { maxRetriesPerRequest: null, blockingTimeout: 1 },
    enableOfflineQueue: true,
    cluster: { maxRedirections: 6, retryDelayOnFailover: 100, retryDelayOnMoved: 50, retryDelayOnClusterDown: 100 },
  });
}

interface Manner {
  readonly redis: Pick<RedisOptions, "commandTimeout" | "maxRetriesPerRequest" | "blockingTimeout">;
  readonly enableOfflineQueue: boolean;
  readonly cluster: Pick<
    ClusterOptions,
    "maxRedirections" | "retryDelayOnFailover" | "retryDelayOnClusterDown" | "retryDelayOnMoved"
  >;
}

function connect(address: RedisAddress, log: Logger, { redis, enableOfflineQueue, cluster }: Manner): RedisClient {
  const options = { ...reconnecting, ...redis };
  switch (address.kind) {
    case "single":
      return logAvailability(
        new Redis(address.url, { ...options, enableOfflineQueue, retryStrategy: reconnectWithin }),
        log,
      );
    case "sentinel":
      return logAvailability(
        new Redis({
          ...options,
          ...sentinelOptions(address),
          enableOfflineQueue,
          retryStrategy: reconnectWithin,
          socketTimeout: silentForMs,
        }),
        log,
      );
    case "cluster":
      return logAvailability(
        new Cluster([...address.nodes], {
          ...cluster,
          enableOfflineQueue,
          clusterRetryStrategy: reconnectWithin,
          slotsRefreshInterval: slotsRefreshMs,
          // A certificate is for a name: the name a node gives must not become an address before it is compared.
          ...(address.tls && { dnsLookup: (host, done) => done(null, host) }),
          redisOptions: {
            ...options,
            ...address.login,
            ...(address.tls && { tls: {} }),
            socketTimeout: silentForMs,
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
  sentinelRetryStrategy: reconnectWithin,
  sentinelCommandTimeout: 2_000,
  // A master that has become a replica refuses writes; the Sentinels know the new one.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
});

/**
 * Logs when Redis goes away and comes back, and of a cluster each of its nodes: one line for each change of state, not one
 * for each attempt. Without a listener an ioredis error ends the process.
 */
function logAvailability<Client extends RedisClient>(redis: Client, log: Logger): Client {
  const away = new Set<string>();
  const wentAway = (what: string, error: Error) => {
    if (!away.has(what)) log.warn({ event: "redis.away", what, error: error.message }, "Redis is away");
    away.add(what);
  };
  const cameBack = (what: string) => {
    if (away.delete(what)) log.info({ event: "redis.back", what }, "Redis is back");
  };
  const whole = "nodes" in redis ? "cluster" : "server";
  redis.on("error", (error: Error) => wentAway(whole, error));
  redis.on("ready", () => cameBack(whole));
  // What a cluster says of its nodes.
  redis.on("node error", (error: Error, node: string) => wentAway(node, error));
  redis.on("+node", (node: Redis) => {
    node.on("ready", () => cameBack(`${node.options.host}:${node.options.port}`));
  });
  return redis;
}
