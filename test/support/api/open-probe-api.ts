/// <reference lib="esnext.disposable" />
import { createRoute, z } from "@hono/zod-openapi";
import { type Context, Hono } from "hono";
import type { SecurityEvent } from "../../../src/analytics/analytics-keys.ts";
import { createAuditTrail, createAuditTrailMetrics } from "../../../src/audit/audit-trail.ts";
import { allowsAnonymous } from "../../../src/api/auth/requires.ts";
import { assertAccessDeclared } from "../../../src/api/auth/requires.ts";
import { applyMiddleware } from "../../../src/api/apply-middleware.ts";
import { createAccessVerifier } from "../../../src/api/auth/create-access-verifier.ts";
import { readRoles } from "../../../src/api/auth/roles.ts";
import { callerOf, requires, requiresFreshFactor } from "../../../src/api/auth/requires.ts";
import { userIdParam } from "../../../src/api/http/responses.ts";
import type { ApiApp, ApiEnv } from "../../../src/api/http/api-env.ts";
import { createRouter } from "../../../src/api/http/create-router.ts";
import { createRequestMetrics } from "../../../src/api/http/request-metrics.ts";
import { mapErrors } from "../../../src/http/api-error.ts";
import { serve } from "../../../src/http/serve.ts";
import { Registry } from "prom-client";
import { createFailFastRedis } from "../../../src/redis/create-redis.ts";
import { type EnvironmentOptions, openEnvironment } from "./open-api.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/**
 * The middleware of the real API in front of routes that only report the caller. It waits for Redis, but at most 250 ms if
 * `variables` name another one.
 */
export async function openProbeApi({ variables = {} }: EnvironmentOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const environment = resources.use(await openEnvironment({ variables }));
  const { config, redisPrefix, logger: log } = environment;
  const isShared = variables["REDIS_URL"] === undefined;
  // What tests count must be counted in Redis, however busy the machine is.
  const timeoutMs = isShared ? 10_000 : 250;
  const redis = resources.adopt(createFailFastRedis(config.redis.address, log, timeoutMs), (it) => it.disconnect());
  if (isShared) await waitFor("Redis is connected", () => redis.status === "ready");
  const counted: SecurityEvent[] = [];
  const requestMetrics = createRequestMetrics(new Registry());
  const api = createRouter(log, requestMetrics);
  applyMiddleware(api, {
    auth: config.auth,
    verify: createAccessVerifier({
      auth: config.auth,
      findRole: readRoles(config.auth.rolesFile).find,
      clerk: config.clerk,
      log,
      now: Date.now,
    }),
    redis,
    redisPrefix,
    denials: createAuditTrail({ redis, redisPrefix, metrics: createAuditTrailMetrics(new Registry()), log }),
    security: { count: async (event) => void counted.push(event) },
    requestMetrics,
    log,
    now: Date.now,
  });
  addProbes(api);
  assertAccessDeclared(api);
  mapErrors(api, log);
  const app = new Hono().all("/api/*", (c: Context<ApiEnv>) => api.fetch(c.req.raw, c.env));
  const { port, close } = await serve(app, {
    host: "127.0.0.1",
    port: 0,
    portVariable: "PORT",
    keepAliveTimeoutMs: 75_000,
  });
  resources.defer(close);
  const owned = resources.move();
  return {
    ...environment,
    /** The security events counted so far. */
    counted,
    call: (request: string, { token, ...init }: CallOptions = {}) => {
      const [method = "GET", path = "/"] = request.split(" ");
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      return fetch(`http://127.0.0.1:${port}${path}`, {
        ...init,
        method,
        headers,
        signal: AbortSignal.timeout(10_000),
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface CallOptions extends RequestInit {
  readonly token?: string;
}

const jsonOf = (schema: z.ZodType) => ({ "application/json": { schema } });
const responses = { 200: { description: "The caller has access", content: jsonOf(z.unknown()) } };
const note = z.object({ note: z.string().max(1_000_000).optional() });

function addProbes(api: ApiApp): void {
  const probe = (params = {}) => ({ request: params, responses });
  api.openapi(
    createRoute({ method: "get", path: "/api/probe", middleware: [requires("users:read")], ...probe() }),
    (c) => {
      const caller = callerOf(c);
      return c.json({ caller: { ...caller, permissions: [...caller.permissions] }, ip: c.get("ip") }, 200);
    },
  );
  const params = userIdParam;
  api.openapi(
    createRoute({
      method: "get",
      path: "/api/probe/{userId}",
      middleware: [requires("users:read", { orSelf: "userId" })],
      ...probe({ params }),
    }),
    (c) => c.json({ ip: c.get("ip"), id: callerOf(c).id }, 200),
  );
  api.openapi(
    createRoute({
      method: "delete",
      path: "/api/probe/{userId}",
      middleware: [requires("users:delete"), requiresFreshFactor("delete")],
      ...probe({ params }),
    }),
    (c) => c.json({}, 200),
  );
  api.openapi(
    createRoute({
      method: "post",
      path: "/api/probe",
      middleware: [allowsAnonymous("registration"), requires("users:write")],
      request: { body: { required: true, content: jsonOf(note) } },
      responses,
    }),
    async (c) => c.json({ caller: c.get("caller")?.id ?? "anonymous", body: await c.req.json() }, 200),
  );
}
