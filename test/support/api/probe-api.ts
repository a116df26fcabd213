/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { createRoute, z } from "@hono/zod-openapi";
import { type Context, Hono } from "hono";
import { inject } from "vitest";
import { startClerkEmulator } from "clerk-emulator";
import type { SecurityEvent } from "../../../src/analytics/analytics-keys.ts";
import { auditStream } from "../../../src/redis/keys.ts";
import { createAuditTrail } from "../../../src/audit/audit-trail.ts";
import { allowsAnonymous } from "../../../src/api/auth/requires.ts";
import { assertAccessDeclared } from "../../../src/api/auth/requires.ts";
import { applyMiddleware } from "../../../src/api/apply-middleware.ts";
import { readRoles } from "../../../src/api/auth/roles.ts";
import { callerOf, requires, requiresFreshFactor } from "../../../src/api/auth/requires.ts";
import { readApiConfig } from "../../../src/api/api-config.ts";
import { userIdParam } from "../../../src/api/http/responses.ts";
import type { ApiApp, ApiEnv } from "../../../src/api/http/api-env.ts";
import { createRouter } from "../../../src/api/http/create-router.ts";
import { mapErrors } from "../../../src/http/map-errors.ts";
import { serve } from "../../../src/http/serve.ts";
import { createLogger } from "../../../src/shared/logger.ts";
import { createAuditTrailMetrics } from "../../../src/audit/audit-metrics.ts";
import { Registry } from "prom-client";
import { createFailFastRedis } from "../../../src/redis/create-redis.ts";
import { startFaultyClerk } from "../clerk/faulty-clerk.ts";
import { webhookSecret } from "../clerk/send-webhook.ts";
import { serviceSecret } from "./tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

export interface ProbeOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Default: the run's, with keys of its own. */
  readonly redisUrl?: string;
  /** Default: no other one has the same. Two with the same share their limits. */
  readonly redisPrefix?: string;
}

/** The guards of the real API before routes that only say who came through, over a Clerk emulator whose requests are counted. */
export async function openProbeApi({
  variables = {},
  redisUrl = inject("redisUrl"),
  redisPrefix = `test-${randomUUID()}`,
}: ProbeOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const emulator = resources.adopt(await startClerkEmulator(), (it) => it.stop());
  const clerk = resources.use(await startFaultyClerk(emulator.url));
  const config = readApiConfig({
    CLERK_WEBHOOK_SECRET: webhookSecret,
    CLERK_SECRET_KEY: emulator.secretKey,
    CLERK_API_URL: clerk.url,
    JWT_SECRET: serviceSecret,
    ...variables,
  });
  const lines: string[] = [];
  const log = createLogger("api", "trace", { write: (line) => void lines.push(line) });
  const connect = () =>
    resources.adopt(createFailFastRedis({ kind: "single", url: redisUrl }, log, 250), (it) => it.disconnect());
  const redis = connect();
  if (redisUrl === inject("redisUrl")) await waitFor("Redis is connected", () => redis.status === "ready");
  const counted: SecurityEvent[] = [];
  const api = createRouter(log);
  applyMiddleware(api, {
    auth: config.auth,
    findRole: readRoles(config.auth.rolesFile),
    clerk: config.clerk,
    redis,
    redisPrefix,
    audit: createAuditTrail({ redis, redisPrefix, metrics: createAuditTrailMetrics(new Registry()), log }),
    security: { count: async (event) => void counted.push(event) },
    log,
    now: Date.now,
  });
  addProbes(api);
  assertAccessDeclared(api);
  mapErrors(api, log);
  const app = new Hono().all("/api/*", (c: Context<ApiEnv>) => api.fetch(c.req.raw, c.env));
  const { port, close } = await serve(app, { host: "127.0.0.1", port: 0 });
  resources.defer(close);
  const url = `http://127.0.0.1:${port}`;
  const owned = resources.move();
  return {
    url,
    emulator,
    clerk,
    redisPrefix,
    counted,
    log: () => lines.join(""),
    readAudit: async () => {
      const entries = await redis.xrange(auditStream(redisPrefix), "-", "+");
      return entries.map(([, fields]): unknown => JSON.parse(fields[1] ?? ""));
    },
    call: (request: string, { token, ...init }: CallOptions = {}) => {
      const [method = "GET", path = "/"] = request.split(" ");
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      return fetch(`${url}${path}`, { ...init, method, headers, signal: AbortSignal.timeout(10_000) });
    },
    sessionToken: (userId: string, role?: string, claims: Record<string, unknown> = {}) =>
      emulator.signSessionToken({ userId, claims: { ...(role && { metadata: { role } }), ...claims } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface CallOptions extends RequestInit {
  readonly token?: string;
}

const jsonOf = (schema: z.ZodType) => ({ "application/json": { schema } });
const responses = { 200: { description: "Came through", content: jsonOf(z.unknown()) } };
const note = z.object({ note: z.string().max(1_000_000).optional() });

function addProbes(api: ApiApp): void {
  const came = (params = {}) => ({ request: params, responses });
  api.openapi(
    createRoute({ method: "get", path: "/api/probe", middleware: [requires("users:read")], ...came() }),
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
      ...came({ params }),
    }),
    (c) => c.json({ ip: c.get("ip"), id: callerOf(c).id }, 200),
  );
  api.openapi(
    createRoute({
      method: "delete",
      path: "/api/probe/{userId}",
      middleware: [requires("users:delete"), requiresFreshFactor("delete")],
      ...came({ params }),
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
