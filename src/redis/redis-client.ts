import type { Cluster, Redis } from "ioredis";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { probeKey } from "./keys.ts";
import { describeRedisError, isMissingDatabase } from "./redis-reason.ts";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * A connection to one server, to the master that Sentinels name, or to a cluster. In a cluster, all keys of one command, script or
 * MULTI must be in one slot, so keys that belong together share a hash tag. A command without a key goes to any one node; use
 * {@link mastersOf} to reach all of them.
 */
export type RedisClient = Redis | Cluster;

/** The servers that hold the data: one, or a cluster's connected masters. */
export const mastersOf = (redis: RedisClient): readonly Redis[] => ("nodes" in redis ? redis.nodes("master") : [redis]);

/** Waits until the connection can be used, at most `waitMs`. Never throws. */
export async function waitForRedis(redis: RedisClient, waitMs: number): Promise<void> {
  if (redis.status === "ready") return;
  await once(redis, "ready", { signal: AbortSignal.timeout(waitMs) }).catch(() => {});
}

/** Probes usually give up after a second, and a worker's own commands may wait longer. */
const deadlineMs = 800;
const probeExpiryMs = 60_000;

const connectionErrors = new WeakMap<RedisClient, Error>();

/**
 * Keeps the error for which a connection is not ready, for example that the password is wrong. A missing database is final: the
 * connection is closed then, although ioredis still reports that it is ready.
 */
export function rememberConnectionErrors(redis: RedisClient): void {
  const isFinal = () => isMissingDatabase(connectionErrors.get(redis));
  redis.on("error", (error: Error) => void (isFinal() || connectionErrors.set(redis, error)));
  redis.on("ready", () => void (isFinal() || connectionErrors.delete(redis)));
}

/** Why a connection is not ready, as far as it is known at once. */
export const connectionErrorOf = (redis: RedisClient): Error | undefined => connectionErrors.get(redis);

/** Like {@link connectionErrorOf}, and asks Redis whether it is loading its data: ioredis is then connected and not ready. */
async function explainConnection(redis: RedisClient): Promise<Error | undefined> {
  if (redis.status === "connect" && !("nodes" in redis)) {
    const info = await Promise.race([redis.info("persistence"), delay(deadlineMs, "", { ref: false })]).catch(() => "");
    if (/^loading:1/m.test(info))
      connectionErrors.set(redis, new Error("LOADING Redis is loading the dataset in memory"));
  }
  return connectionErrors.get(redis);
}

/**
 * Readiness of Redis: `true` or the reason against it, within 800 ms. Writes a key, because a server can answer and yet refuse every
 * write. In a cluster each node answers only for its own keys, so the check writes one for each of the `prefixes`, on the
 * connection of the process's own commands.
 */
export async function checkRedis(redis: RedisClient, prefixes: readonly string[]): Promise<true | string> {
  const connectionError = connectionErrors.get(redis);
  if (isMissingDatabase(connectionError)) return describeRedisError(connectionError);
  const probed = "nodes" in redis ? prefixes : prefixes.slice(0, 1);
  try {
    if (redis.status !== "ready") {
      const error = await explainConnection(redis);
      return error === undefined ? `not connected (${redis.status})` : describeRedisError(error);
    }
    const written = probed.map((prefix) => redis.set(probeKey(prefix), "1", "PX", probeExpiryMs));
    const answered = Promise.all(written).then(() => true as const);
    return await Promise.race([answered, delay(deadlineMs, `no answer in ${deadlineMs} ms`, { ref: false })]);
  } catch (error) {
    return describeRedisError(error);
  }
}

export type Script = (redis: RedisClient, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

/**
 * Makes a Lua script callable. Throws for a missing or empty file, which would otherwise do nothing at every call. A call sends its hash, and the whole script when Redis does not know the hash. The file lies beside the
 * module that calls it: `loadScript(new URL("claim-shard.lua", import.meta.url))`.
 */
export function loadScript(file: URL): Script {
  const lua = readFileSync(file, "utf8");
  if (lua.trim() === "") throw new Error(`${file.pathname} is empty`);
  const sha = createHash("sha1").update(lua).digest("hex");
  return async (redis, keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return redis.eval(lua, keys.length, ...keys, ...args);
    }
  };
}
