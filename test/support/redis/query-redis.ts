import { Redis } from "ioredis";

/** Asks a Redis server on this machine one question, on a connection that is made for it and does not try again. */
export async function queryRedis<T>(port: number, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, { retryStrategy: () => null });
  redis.on("error", () => {}); // The question fails of it.
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}
