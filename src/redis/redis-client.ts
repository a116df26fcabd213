import type { Cluster, Redis } from "ioredis";

/**
 * A connection to one server, to the master that Sentinels name, or to a cluster. In a cluster, all keys of one command, script or
 * MULTI must be in one slot, so keys that belong together share a hash tag. A command without a key goes to any one node; use
 * {@link mastersOf} to reach all of them.
 */
export type RedisClient = Redis | Cluster;

/** The servers that hold the data: one, or a cluster's connected masters. */
export const mastersOf = (redis: RedisClient): readonly Redis[] => ("nodes" in redis ? redis.nodes("master") : [redis]);
