import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { Logger } from "../../shared/logger.ts";
import type { ApiEnv } from "./api-env.ts";

/** One wide line for each request, when it is answered. */
export const logRequest = (log: Logger) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const caller = c.get("caller");
    log.info({
      event: "http.request",
      requestId: c.get("requestId"),
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      durationMs: Math.round(performance.now() - startedAt),
      ip: c.get("ip"),
      caller: caller?.id,
      callerKind: caller?.kind,
    });
  });
