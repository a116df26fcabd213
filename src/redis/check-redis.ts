import type { Redis } from "ioredis";

/** Readiness of Redis: `true`, or what is wrong. Answers within the connection's own command time-out. */
export async function checkRedis(redis: Redis): Promise<true | string> {
  if (redis.status !== "ready") return `not connected (${redis.status})`;
  try {
    await redis.ping();
    return true;
  } catch (error) {
    return error instanceof Error ? error.message : "no answer";
  }
}
