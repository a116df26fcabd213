import { loadScript } from "../redis/load-script.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { type Topology, topologySchema } from "./topology.ts";

/**
 * The topology in Redis. It tells everybody at once; what it says can be proved from Kafka, so a Redis that lost it is no
 * harm. Every call throws while Redis is away.
 */
export interface TopologyRecord {
  /** Undefined when there is none: before the first worker, or when Redis lost it. */
  read(): Promise<Topology | undefined>;
  /** Puts `next` in the place of what the caller saw. False, and nothing is changed, when it is no longer that. */
  replace(seen: Topology | undefined, next: Topology): Promise<boolean>;
}

const replaceValue = loadScript(new URL("replace-value.lua", import.meta.url));

export function openTopologyRecord(redis: RedisClient, redisPrefix: string): TopologyRecord {
  const key = `${redisPrefix}:topology`;
  return {
    read: async () => {
      const stored = await redis.get(key);
      return stored === null ? undefined : topologySchema.parse(JSON.parse(stored));
    },
    replace: async (seen, next) =>
      (await replaceValue(redis, [key], [seen === undefined ? "" : write(seen), write(next)])) === 1,
  };
}

/** Fields in the schema's order, so that equal topologies are equal texts. */
const write = (topology: Topology): string => JSON.stringify(topologySchema.parse(topology));
