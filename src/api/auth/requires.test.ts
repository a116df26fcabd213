import { createRoute, z } from "@hono/zod-openapi";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { assertAccessDeclared, requires, requiresFreshFactor } from "./requires.ts";
import { createRouter } from "../http/create-router.ts";
import { createRequestMetrics } from "../http/request-metrics.ts";

const answers = { 200: { description: "", content: { "application/json": { schema: z.object({}) } } } };

test("a route without access control stops the API from starting", () => {
  const api = createRouter(pino({ level: "silent" }), createRequestMetrics(new Registry()));
  api.openapi(
    createRoute({
      method: "get",
      path: "/api/declared/{id}",
      middleware: [requires("users:read")] as const,
      request: { params: z.object({ id: z.string() }) },
      responses: answers,
    }),
    (c) => c.json({}, 200),
  );
  api.get("/openapi.json", (c) => c.json({}));
  expect(() => assertAccessDeclared(api)).not.toThrow();

  api.openapi(
    createRoute({
      method: "post",
      path: "/api/declared/{id}",
      middleware: [requiresFreshFactor("role")],
      responses: answers,
    }),
    (c) => c.json({}, 200),
  );
  expect(() => assertAccessDeclared(api)).toThrow("Routes without access control: POST /api/declared/:id");
});
