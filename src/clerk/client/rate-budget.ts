import PQueue from "p-queue";
import { setTimeout as delay } from "node:timers/promises";
import { createRateLimiter } from "../../redis/rate-limiter.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface RateBudgetOptions {
  readonly redis: RedisClient;
  readonly keyPrefix: string;
  /** Requests in ten seconds for each key, of all processes together. */
  readonly requests: number;
}

/** The requests that Clerk allows in a window of ten seconds, shared by all processes with the same Redis and prefix. */
export interface RateBudget {
  /**
   * Takes this number of requests and returns 0, or takes none and returns the time until the next window, in ms. While Redis is
   * unavailable this process has a share of its own. Resolves within the timeout of the Redis connection.
   */
  take(key: string, requests: number): Promise<number>;
  /** The requests taken in the current window; 0 while Redis is unavailable. */
  taken(key: string): Promise<number>;
}

const windowSeconds = 10;
/** Without Redis the other processes' requests are unknown: this many processes together stay within the limit. */
const assumedProcesses = 4;

export function createRateBudget({ redis, keyPrefix, requests: points }: RateBudgetOptions): RateBudget {
  const limiter = createRateLimiter({
    redis,
    keyPrefix,
    points,
    windowSeconds,
    memoryPoints: Math.max(1, Math.floor(points / assumedProcesses)),
    rememberExhausted: true,
  });
  return {
    take: async (key, requests) => {
      const { allowed, resetMs } = await limiter.consume(key, requests);
      return allowed ? 0 : Math.max(1, resetMs);
    },
    taken: (key) => limiter.consumed(key),
  };
}

/** Callers that wait for the same window do not all start in its first millisecond. */
const spreadMs = 50;

/** Takes requests as soon as the budget allows and returns 0. Returns the missing time, in ms, when `waitUntil` is too early. */
export async function acquireBudget(
  budget: RateBudget,
  { key, requests, waitUntil }: { readonly key: string; readonly requests: number; readonly waitUntil: number },
  now: () => number,
): Promise<number> {
  for (;;) {
    const waitMs = await budget.take(key, requests);
    if (waitMs === 0 || now() + waitMs > waitUntil) return waitMs;
    await delay(waitMs + Math.random() * spreadMs);
  }
}

export type Throttled<T> =
  | { readonly outcome: "ran"; readonly value: T; readonly waitedMs: number }
  | { readonly outcome: "throttled"; readonly retryAfterMs: number };

/**
 * Runs work within the limits: a maximum number of calls at a time in this process, in the order of their requests, and the rate budget
 * that all processes share. No work starts after `waitUntil` (ms). A caller whose time is up gets `throttled`, at once when that is
 * already certain.
 */
export type Throttle = <T>(requests: number, waitUntil: number, work: () => Promise<T>) => Promise<Throttled<T>>;

export interface ThrottleOptions {
  readonly budget: RateBudget;
  readonly maxConcurrent: number;
  readonly now: () => number;
}

/** The budget of all calls together. */
export const sharedBudgetKey = "all";
const retryAfterFullQueueMs = 5_000;

export function createThrottle({ budget, maxConcurrent, now }: ThrottleOptions): Throttle {
  const slots = new PQueue({ concurrency: maxConcurrent });

  return async (requests, waitUntil, work) => {
    const startedAt = now();
    // Ends the wait for a slot only: work that has started is never dropped.
    const tooLate = new AbortController();
    const timer = setTimeout(() => tooLate.abort(), Math.max(0, waitUntil - startedAt));
    try {
      return await slots.add(
        async () => {
          clearTimeout(timer);
          const retryAfterMs = await acquireBudget(budget, { key: sharedBudgetKey, requests, waitUntil }, now);
          if (retryAfterMs > 0) return { outcome: "throttled" as const, retryAfterMs };
          const waitedMs = now() - startedAt;
          return { outcome: "ran" as const, value: await work(), waitedMs };
        },
        { signal: tooLate.signal },
      );
    } catch (error) {
      if (tooLate.signal.aborted) return { outcome: "throttled", retryAfterMs: retryAfterFullQueueMs };
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}
