import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";
import { clientNetwork } from "./client-ip.ts";
import { consumeOrThrow } from "../http/rate-limit.ts";

/**
 * A route's middleware, before `requires`: while registration is open, a request without a token passes `requires`, as
 * often as its address may register. A request with a token is left to `requires`.
 */
export const allowsAnonymous =
  (_to: "registration"): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const { registration } = c.get("access");
    if (registration !== undefined && c.get("caller") === undefined) {
      await consumeOrThrow(c, registration, clientNetwork(c.get("ip")));
      c.set("anonymous", true);
    }
    await next();
  };
