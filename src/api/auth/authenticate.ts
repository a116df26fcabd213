import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";
import { clientNetwork } from "./client-ip.ts";
import { AuthUnavailableError, InvalidTokenError } from "./auth-errors.ts";
import { consumeOrThrow } from "../http/rate-limit.ts";
import type { RateLimit } from "../http/rate-limit.ts";
import type { VerifyToken } from "./verify-token.ts";

/**
 * Finds out who is calling. No token: nobody, and the route decides. A bad one: 403, and 429 when too many came from the
 * same address. A good one always passes, so nobody can lock out others behind his address.
 */
export const authenticate =
  (verify: VerifyToken, failures: RateLimit): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const token = bearerToken(c.req.header("authorization"));
    if (token !== undefined) {
      const verified = await verify(token);
      switch (verified.outcome) {
        case "verified":
          c.set("caller", verified.caller);
          break;
        case "rejected":
          await consumeOrThrow(c, failures, clientNetwork(c.get("ip")));
          throw new InvalidTokenError(verified.reason);
        case "unavailable":
          throw new AuthUnavailableError(verified.cause);
      }
    }
    await next();
  };

const bearerToken = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S.*)$/i.exec(authorization ?? "")?.[1]?.trimEnd();
