import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { RedisClient } from "../redis/redis-client.ts";

export interface Quota {
  /** How the headers and the log name it. */
  readonly name: string;
  readonly requests: number;
  readonly windowSeconds: number;
}

interface Taken {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until the quota is whole again. */
  readonly resetSeconds: number;
}

export interface RateLimit {
  readonly quota: Quota;
  /** Takes one request from the quota of `key`. */
  take(key: string): Promise<Taken>;
  /** Undoes one `take`: for what counts failures only. */
  giveBack(key: string): Promise<void>;
}

/**
 * A quota for each key, shared by all processes through Redis; the window begins with a key's first request. While Redis
 * is away each process counts for itself, so that nobody waits and nobody is unlimited.
 */
export function openRateLimit(redis: RedisClient, redisPrefix: string, quota: Quota): RateLimit {
  const options = {
    keyPrefix: `${redisPrefix}:limit:${quota.name}`,
    points: quota.requests,
    duration: quota.windowSeconds,
  };
  const limiter = new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(options),
  });
  return {
    quota,
    take: async (key) => {
      try {
        return takenOf(true, await limiter.consume(key));
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return takenOf(false, refused);
        throw refused;
      }
    },
    giveBack: async (key) => {
      await limiter.reward(key);
    },
  };
}

const takenOf = (allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): Taken => ({
  allowed,
  remaining: remainingPoints,
  resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1_000)),
});
