import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

export interface RateBudgetOptions {
  readonly redis: Redis;
  readonly redisPrefix: string;
  /** Requests in ten seconds, of all processes together. */
  readonly rateLimit: number;
}

/** The requests that Clerk allows in a window of ten seconds, shared by all processes with the same Redis and prefix. */
export interface RateBudget {
  /**
   * Takes so many requests, and answers 0; or takes none and answers after how many ms the next window begins. While Redis
   * is away it gives out of a share of this process alone. Answers within the time-out of Redis's connection.
   */
  take(requests: number): Promise<number>;
}

const windowSeconds = 10;
/** What one process may spend while nobody knows what the others do: so many processes stay within the limit together. */
const assumedProcesses = 4;

export function openRateBudget({ redis, redisPrefix, rateLimit }: RateBudgetOptions): RateBudget {
  const common = { keyPrefix: `${redisPrefix}:clerk`, duration: windowSeconds };
  const limiter = new RateLimiterRedis({
    ...common,
    storeClient: redis,
    points: rateLimit,
    // Once spent, a window is known to be spent: those who wait need not ask Redis.
    inMemoryBlockOnConsumed: rateLimit,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory({
      ...common,
      points: Math.max(1, Math.floor(rateLimit / assumedProcesses)),
    }),
  });
  return {
    take: async (requests) => {
      try {
        await limiter.consume("requests", requests);
        return 0;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
        throw refused;
      }
    },
  };
}
