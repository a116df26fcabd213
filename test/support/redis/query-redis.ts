import { Redis } from "ioredis";

/** Runs one query against a Redis server on this machine, on a new connection and without retries. */
export async function queryRedis<T>(port: number, query: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, { retryStrategy: () => null });
  redis.on("error", () => {}); // The query fails with the error.
  try {
    return await query(redis);
  } finally {
    redis.disconnect();
  }
}
