import { rateLimitPrefix } from "../../redis/keys.ts";
import type { Context, MiddlewareHandler } from "hono";
import { ApiError } from "../../http/api-error.ts";
import { createRateLimiter } from "../../redis/rate-limiter.ts";
import type { RedisClient } from "../../redis/redis-client.ts";
import type { ApiEnv, Quota, RateLimit } from "./api-env.ts";

export class RateLimitedError extends ApiError {
  override readonly name = "RateLimitedError";
  /** The name of the exhausted quota. */
  readonly limit: string;
  constructor(limit: string, retryAfterSeconds: number) {
    super(429, "rate_limited", "Too many requests", { headers: { "retry-after": String(retryAfterSeconds) } });
    this.limit = limit;
  }
}

/**
 * A quota for each key. All processes share it through Redis; the window starts with a key's first request. While Redis is
 * unavailable each process counts in memory, so requests neither wait nor go unlimited.
 */
export const createRateLimit = (redis: RedisClient, redisPrefix: string, quota: Quota): RateLimit => ({
  quota,
  ...createRateLimiter({
    redis,
    keyPrefix: rateLimitPrefix(redisPrefix, quota.name),
    points: quota.requests,
    windowSeconds: quota.windowSeconds,
  }),
});

/** Middleware that limits the requests with the same key; requests without a key are not counted. */
export const limitRate =
  (limit: RateLimit, keyOf: (c: Context<ApiEnv>) => string | undefined): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const key = keyOf(c);
    if (key !== undefined) await consumeOrThrow(c, limit, key);
    await next();
  };

/**
 * Takes one request from the quota of `key` and reports the remainder in the response headers. Throws a
 * {@link RateLimitedError} when the quota is exhausted.
 */
export async function consumeOrThrow(c: Context<ApiEnv>, { quota, consume }: RateLimit, key: string): Promise<void> {
  const { allowed, remaining, resetMs } = await consume(key);
  const resetSeconds = Math.max(1, Math.ceil(resetMs / 1_000));
  // draft-ietf-httpapi-ratelimit-headers-10: both headers are lists with one item per quota.
  const name = JSON.stringify(quota.name);
  c.header("RateLimit-Policy", `${name};q=${quota.requests};w=${quota.windowSeconds}`, { append: true });
  c.header("RateLimit", `${name};r=${remaining};t=${resetSeconds}`, { append: true });
  if (!allowed) throw new RateLimitedError(quota.name, resetSeconds);
}
