import { mastersOf, type RedisClient } from "../../../src/redis/redis-client.ts";

/** All keys that contain the prefix, with their values, as one text. Equal contents give equal texts. */
export async function dumpRedis(redis: RedisClient, prefix: string): Promise<string> {
  const found = new Set<string>();
  for (const master of mastersOf(redis)) {
    for await (const keys of master.scanStream({ match: `*${prefix}*`, count: 1_000 })) {
      for (const key of keys) found.add(String(key));
    }
  }
  const sorted = [...found].toSorted();
  const values = await Promise.all(sorted.map((key) => readKey(redis, key)));
  return sorted.map((key, at) => `${key} ${JSON.stringify(values[at])}`).join("\n");
}

async function readKey(redis: RedisClient, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case "string":
      return redis.get(key);
    case "hash":
      return Object.entries(await redis.hgetall(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    case "list":
      return redis.lrange(key, 0, -1);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, "0", "-1", "WITHSCORES");
    case "stream":
      return redis.xrange(key, "-", "+");
    case "none":
      return undefined; // Deleted since it was listed.
    default:
      throw new Error(`${key} is of type ${type}, which dumpRedis cannot read`);
  }
}
