import type { Cluster, Redis } from "ioredis";

/**
 * A connection to Redis: to one server, to the master that Sentinels name, or to a cluster. In a cluster all keys of one
 * command, script or MULTI must be in one slot, so keys that go together share a hash tag; and commands without a key go
 * to any one node ({@link mastersOf} has them all).
 */
export type RedisClient = Redis | Cluster;

/** The servers that hold the data: one, or a cluster's masters as far as they are connected. */
export const mastersOf = (redis: RedisClient): readonly Redis[] => ("nodes" in redis ? redis.nodes("master") : [redis]);
