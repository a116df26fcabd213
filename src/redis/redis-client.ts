import type { Cluster, Redis } from "ioredis";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A connection to one server, to the master that Sentinels name, or to a cluster. In a cluster, all keys of one command, script or
 * MULTI must be in one slot, so keys that belong together share a hash tag. A command without a key goes to any one node; use
 * {@link mastersOf} to reach all of them.
 */
export type RedisClient = Redis | Cluster;

/** The servers that hold the data: one, or a cluster's connected masters. */
export const mastersOf = (redis: RedisClient): readonly Redis[] => ("nodes" in redis ? redis.nodes("master") : [redis]);

/** Probes usually give up after a second, and a worker's own commands may wait longer. */
const deadlineMs = 800;

/**
 * Readiness of Redis: `true` or the reason against it, within 800 ms. In a cluster each node answers only for its own keys, so the
 * check asks for the `keys` that the process needs, on the connection of its commands.
 */
export async function checkRedis(redis: RedisClient, keys: readonly string[]): Promise<true | string> {
  if (redis.status !== "ready") return `not connected (${redis.status})`;
  try {
    const answers = "nodes" in redis ? keys.map((key) => redis.exists(key)) : [redis.ping()];
    const answered = Promise.all(answers).then(() => true as const);
    return await Promise.race([answered, delay(deadlineMs, `no answer in ${deadlineMs} ms`, { ref: false })]);
  } catch (error) {
    return error instanceof Error ? error.message : "no answer";
  }
}
