import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { Counter, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../../shared/metrics.ts";
import type { ApiApp, ApiEnv } from "./api-env.ts";

export type RequestMetrics = ReturnType<typeof createRequestMetrics>;

/** Creates the metrics of requests to the user API. Call it once for each registry. */
export function createRequestMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: "bridge_api_requests_total",
      help: "Requests to the user API, by the operation's id in /openapi.json and by status; unknown: a path or method without an operation",
      labelNames: ["operation", "status"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "bridge_api_request_seconds",
      help: "Time until the user API responded, by operation",
      labelNames: ["operation"],
      buckets: secondsBuckets,
      registers,
    }),
    refusals: new Counter({
      name: "bridge_api_refusals_total",
      help: "Callers that the user API refused: bad tokens by reason, exhausted quotas by name, denied access by error code",
      labelNames: ["kind", "reason"],
      registers,
    }),
  };
}

/** Middleware that counts and times each request by its operation. */
export function measureRequests(api: ApiApp, { requests, requestSeconds }: RequestMetrics) {
  let operations: ReadonlyMap<string, string> | undefined;
  return createMiddleware<ApiEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();
    operations ??= operationsOf(api);
    const operation = operations.get(`${c.req.method} ${routePath(c, -1)}`) ?? "unknown";
    requests.inc({ operation, status: c.res.status });
    requestSeconds.observe({ operation }, (performance.now() - startedAt) / 1_000);
  });
}

/** The ids of all operations, by `<METHOD> <path in Hono's form>`. */
function operationsOf(api: ApiApp): ReadonlyMap<string, string> {
  const operations = new Map<string, string>();
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { method, path, operationId } = definition.route;
    const routingPath = path.replaceAll(/\{(\w+)\}/g, ":$1");
    if (operationId !== undefined) operations.set(`${method.toUpperCase()} ${routingPath}`, operationId);
  }
  return operations;
}
