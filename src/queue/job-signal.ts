import { setTimeout as delay } from "node:timers/promises";
import type { RedisClient } from "../redis/redis-client.ts";
import { withTimeout } from "../shared/with-timeout.ts";

/** Signals when a job may be there, on a connection of its own. */
export interface JobSignal {
  /**
   * Resolves when a job may have come, after about a second at the latest. It never rejects: the attempt to claim a job then reports
   * an outage. A job can also come without a signal.
   */
  wait(): Promise<void>;
  close(): void;
}

const secondsToWait = 1;
const deadlineMs = 3_000;

/**
 * Waits for the marker that BullMQ sets for a queue with jobs. BullMQ's own blocking fetch does the same, but after an outage of a
 * cluster node it can wait for ever for its connection to end (bullmq 6.7 with ioredis 6.0). Here a connection that fails or
 * falls silent is discarded.
 */
export function createJobSignal(redis: RedisClient, marker: string): JobSignal {
  const connect = () => {
    const made: RedisClient = "nodes" in redis ? redis.duplicate() : redis.duplicate();
    made.on("error", () => {}); // The shared connection's own listener logs it.
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
