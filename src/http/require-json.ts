import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./api-env.ts";
import { invalidInput } from "./create-api.ts";

/**
 * A route's middleware, after `requires`, where `{}` is valid: a request without a JSON body would count as one with `{}`,
 * and answer 200 to somebody whose body was lost.
 */
export const requireJson: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/([a-z-.]+\+)?json\b/.test(type)) {
    throw invalidInput([{ path: [], message: "A JSON body (application/json) is required" }]);
  }
  await next();
};
