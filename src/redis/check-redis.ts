import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";

/** Probes give up after a second as a rule; a worker's own commands may wait longer. */
const deadlineMs = 800;

/** Readiness of Redis: `true`, or what is wrong; within 800 ms. */
export async function checkRedis(redis: Redis): Promise<true | string> {
  if (redis.status !== "ready") return `not connected (${redis.status})`;
  try {
    const answered = redis.ping().then(() => true as const);
    return await Promise.race([answered, delay(deadlineMs, `no answer in ${deadlineMs} ms`, { ref: false })]);
  } catch (error) {
    return error instanceof Error ? error.message : "no answer";
  }
}
