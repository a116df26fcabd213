import type { Context, MiddlewareHandler } from "hono";
import type { ApiEnv } from "./api-env.ts";
import { RateLimitedError } from "../auth/auth-errors.ts";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { RedisClient } from "../../redis/redis-client.ts";

/** Takes one request from a quota and says in the answer's headers what is left. Throws 429 when nothing was. */
export async function consumeOrThrow(c: Context<ApiEnv>, { quota, take }: RateLimit, key: string): Promise<void> {
  const { allowed, remaining, resetSeconds } = await take(key);
  // draft-ietf-httpapi-ratelimit-headers-10: lists, with an item for each quota.
  const name = JSON.stringify(quota.name);
  c.header("RateLimit-Policy", `${name};q=${quota.requests};w=${quota.windowSeconds}`, { append: true });
  c.header("RateLimit", `${name};r=${remaining};t=${resetSeconds}`, { append: true });
  if (!allowed) throw new RateLimitedError(quota.name, resetSeconds);
}

/** Limits how many requests have the same key; requests without one are not counted. */
export const limitRate =
  (limit: RateLimit, keyOf: (c: Context<ApiEnv>) => string | undefined): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const key = keyOf(c);
    if (key !== undefined) await consumeOrThrow(c, limit, key);
    await next();
  };

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
export function createRateLimit(redis: RedisClient, redisPrefix: string, quota: Quota): RateLimit {
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
