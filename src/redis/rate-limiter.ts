import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { RedisClient } from "./redis-client.ts";

export interface RateLimiterOptions {
  /** Fails fast: while Redis is unavailable the limit is counted in this process's memory. */
  readonly redis: RedisClient;
  readonly keyPrefix: string;
  /** Points that each key has in a window. */
  readonly points: number;
  readonly windowSeconds: number;
  /** Points of this process alone while Redis is unavailable; default `points`. */
  readonly memoryPoints?: number;
  /** Whether an exhausted window is remembered in memory, so that Redis is not asked again before it ends. */
  readonly rememberExhausted?: boolean;
}

interface Consumed {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Time until the key's window ends, in ms. */
  readonly resetMs: number;
}

/** Counts points for each key in fixed windows that all processes share through Redis; a window starts with its first point. */
export interface RateLimiter {
  /** Takes all of the points or none of them. */
  consume(key: string, points?: number): Promise<Consumed>;
  /** The points taken in the current window; 0 while Redis is unavailable. */
  consumed(key: string): Promise<number>;
  /** Gives one point back. */
  refund(key: string): Promise<void>;
}

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { redis, keyPrefix, points, windowSeconds, memoryPoints = points, rememberExhausted = false } = options;
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix,
    points,
    duration: windowSeconds,
    ...(rememberExhausted && { inMemoryBlockOnConsumed: points }),
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory({ keyPrefix, points: memoryPoints, duration: windowSeconds }),
  });
  return {
    consume: async (key, consumed = 1) => {
      try {
        return toConsumed(true, await limiter.consume(key, consumed));
      } catch (rejection) {
        if (rejection instanceof RateLimiterRes) return toConsumed(false, rejection);
        throw rejection;
      }
    },
    consumed: async (key) => (await limiter.get(key).catch(() => null))?.consumedPoints ?? 0,
    refund: async (key) => {
      await limiter.reward(key);
    },
  };
}

const toConsumed = (allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): Consumed => ({
  allowed,
  remaining: remainingPoints,
  resetMs: msBeforeNext,
});
