import type { Context, MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";
import { RateLimitedError } from "./errors.ts";
import type { RateLimit } from "./rate-limit.ts";

/** Takes one request from a quota and says in the answer's headers what is left. Throws 429 when nothing was. */
export async function takeOrRefuse(c: Context<ApiEnv>, { quota, take }: RateLimit, key: string): Promise<void> {
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
    if (key !== undefined) await takeOrRefuse(c, limit, key);
    await next();
  };
