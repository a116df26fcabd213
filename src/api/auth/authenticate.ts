import type { MiddlewareHandler } from "hono";
import type { ApiEnv, RateLimit } from "../http/api-env.ts";
import { consumeOrThrow } from "../http/rate-limit.ts";
import { AuthUnavailableError, InvalidTokenError } from "./auth-errors.ts";
import { clientNetwork } from "./client-ip.ts";
import type { VerifyToken } from "./verify-token.ts";

/**
 * Middleware that sets the caller. Without a token there is no caller and the route decides. A bad token is answered with
 * 403, and with 429 after too many from the same address. A good token always passes, so a client cannot lock out others
 * that share its address.
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
