import { context, SpanKind, trace } from "@opentelemetry/api";
import { activeTraceId, contextOf, traceparentOf, tracer } from "../../shared/tracing.ts";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Env, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { ApiError, type ErrorDetail } from "../../http/api-error.ts";
import type { Logger } from "../../shared/logger.ts";
import type { ApiApp, ApiEnv } from "./api-env.ts";
import { measureRequests, type RequestMetrics } from "./request-metrics.ts";
import { usePlainIssueMessages } from "./issue-messages.ts";

/**
 * An API without routes. Each request gets an id and one log line, and is measured; invalid input is answered with 400 and the position of
 * each mistake.
 */
export function createRouter(log: Logger, metrics: RequestMetrics): ApiApp {
  usePlainIssueMessages();
  const api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error.issues);
    },
  });
  api.use("/api/*", requestId(), traceRequest, logRequest(log), measureRequests(api, metrics));
  return api;
}

/** Answers 405 with `Allow` where a path has routes but none for the method. Must be called after all routes are added. */
export function methodNotAllowed<E extends Env>(app: Hono<E>): void {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"));
  for (const [path, methods] of Map.groupBy(routes, ({ path: route }) => route)) {
    const allowed = new Set(methods.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])));
    const allow = [...allowed].join(", ");
    app.all(path, () => {
      throw new ApiError(405, "method_not_allowed", "Method not allowed", { headers: { allow } });
    });
  }
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** 400 with one detail per issue. */
export const invalidInput = (issues: readonly Issue[]): ApiError =>
  new ApiError(400, "invalid_input", "Invalid input", {
    details: issues.map(({ path, message }): ErrorDetail => ({ path: path.map(String).join("."), message })),
  });

/** One span per request, in which what the handlers queue continues its trace. */
const traceRequest = createMiddleware<ApiEnv>(async (c, next) => {
  const span = tracer.startSpan(c.req.method, { kind: SpanKind.SERVER }, contextOf(c.req.header("traceparent")));
  if (traceparentOf(span) === undefined) return next();
  await context.with(trace.setSpan(context.active(), span), next);
  const route = routePath(c, -1);
  span.updateName(`${c.req.method} ${route}`);
  span.setAttributes({ "http.route": route, "http.response.status_code": c.res.status });
  span.end();
});

/** One wide log line per request, written after the response is known. */
const logRequest = (log: Logger) =>
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
      ...activeTraceId(),
    });
  });
