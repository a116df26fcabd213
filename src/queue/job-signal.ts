import { setTimeout as delay } from "node:timers/promises";
import type { RedisClient } from "../redis/redis-client.ts";
import { withTimeout } from "../shared/with-timeout.ts";

/** Tells when there may be a job, on a connection of its own. */
export interface JobSignal {
  /**
   * Resolves when a job may have come, after about a second at the latest, and never rejects: whoever then looks for a job
   * hears of an outage. A job may also be there without a signal.
   */
  wait(): Promise<void>;
  close(): void;
}

const secondsToWait = 1;
const deadlineMs = 3_000;

/**
 * Waits on the marker that BullMQ sets for a queue with jobs, as BullMQ's own blocking fetch does, which must not be used:
 * after a node of a cluster was away, it may wait for ever for its connection to end (bullmq 6.7 with ioredis 6.0). Here
 * a connection that fails or falls silent is thrown away.
 */
export function createJobSignal(redis: RedisClient, marker: string): JobSignal {
  const connect = () => {
    const made: RedisClient = "nodes" in redis ? redis.duplicate() : redis.duplicate();
    made.on("error", () => {}); // The shared connection's own listener has logged it.
    return made;
  };
  let connection = connect();
  let closed = false;
  const silent = () => new Error(`no answer from Redis in ${deadlineMs} ms`);
  return {
    wait: async () => {
      try {
        await withTimeout(deadlineMs, connection.bzpopmin(marker, secondsToWait), silent);
      } catch {
        connection.disconnect();
        if (closed) return;
        connection = connect();
        await delay(secondsToWait * 1_000);
      }
    },
    close: () => {
      closed = true;
      connection.disconnect();
    },
  };
}
