import { setTimeout as delay } from "node:timers/promises";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface RateBudgetOptions {
  readonly redis: RedisClient;
  /** Start of its keys in Redis. */
  readonly keyPrefix: string;
  /** Requests in ten seconds for each key, of all processes together. */
  readonly requests: number;
}

/** Requests that Clerk allows in a window of ten seconds, shared by all processes with the same Redis and prefix. */
export interface RateBudget {
  /**
   * Takes so many requests, and answers 0; or takes none and answers after how many ms the next window begins. While Redis
   * is away it gives out of a share of this process alone. Answers within the time-out of Redis's connection.
   */
  take(key: string, requests: number): Promise<number>;
}

const windowSeconds = 10;
/** What one process may spend while nobody knows what the others do: so many processes stay within the limit together. */
const assumedProcesses = 4;

export function openRateBudget({ redis, keyPrefix, requests: points }: RateBudgetOptions): RateBudget {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix,
    duration: windowSeconds,
    points,
    // Once spent, a window is known to be spent: those who wait need not ask Redis.
    inMemoryBlockOnConsumed: points,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory({
      keyPrefix,
      duration: windowSeconds,
      points: Math.max(1, Math.floor(points / assumedProcesses)),
    }),
  });
  return {
    take: async (key, requests) => {
      try {
        await limiter.consume(key, requests);
        return 0;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
        throw refused;
      }
    },
  };
}

/** The first of a window do not all come in the same millisecond. */
const spreadMs = 50;

/** Takes as soon as it can: 0 then. Otherwise how many ms it would have had to wait, which is longer than it may. */
export async function takeWhenDue(
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
