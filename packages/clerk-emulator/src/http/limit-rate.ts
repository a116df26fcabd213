import { createMiddleware } from "hono/factory";
import { tooManyRequests } from "../errors/refusals.ts";

export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
}

/** Refuses requests beyond the limit in each window that begins with a request. `/jwks` is not limited, as in Clerk. */
export function limitRate({ requests, windowMs }: RateLimit, now: () => number) {
  let windowEnd = Number.NEGATIVE_INFINITY;
  let used = 0;
  return createMiddleware(async function limited(context, next) {
    if (context.req.path.endsWith("/jwks")) return next();
    if (now() >= windowEnd) {
      windowEnd = now() + windowMs;
      used = 0;
    }
    used += 1;
    if (used > requests) throw tooManyRequests(Math.max(1, Math.ceil((windowEnd - now()) / 1000)));
    return next();
  });
}
