import type { Redis } from "ioredis";
import type { Logger } from "../logger.ts";
import type { RedisClient } from "./redis-client.ts";

/**
 * Logs when Redis goes away and comes back, and of a cluster each of its nodes: one line for each change of state, not one
 * for each attempt. Without a listener an ioredis error ends the process.
 */
export function logAvailability<Client extends RedisClient>(redis: Client, log: Logger): Client {
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
