import { createMiddleware } from "hono/factory";
import { authorizationHeaderInvalid, secretKeyInvalid, tooManyRequests } from "../errors/rejections.ts";

/** Rejects requests without the instance's secret key. */
export function authenticate(secretKey: string) {
  return createMiddleware(async function authenticated(context, next) {
    const header = context.req.header("authorization");
    const presented = /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
    if (presented === undefined) throw header === undefined ? secretKeyInvalid() : authorizationHeaderInvalid();
    if (presented !== secretKey) throw secretKeyInvalid();
    await next();
  });
}

export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
}

/** Rejects requests above the limit. A window begins with its first request. `/jwks` is not limited, as in Clerk. */
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
