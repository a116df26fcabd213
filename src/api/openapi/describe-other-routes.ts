import { z } from "@hono/zod-openapi";
import { errorResponses } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";

type Registry = ApiApp["openAPIRegistry"];

/** Describes the routes that have no schema of their own: Clerk's webhooks, health, metrics, this document. */
export function describeOtherRoutes(registry: Registry): void {
  registry.registerPath(webhook);
  for (const path of operations) registry.registerPath(path);
}

const { 400: invalid, 413: tooLarge, 429: limited, 500: bug, 503: unavailable } = errorResponses(400, 413);
const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const header = (description: string, example: string) => z.string().openapi({ description, example });

const webhook: Parameters<Registry["registerPath"]>[0] = {
  method: "post",
  operationId: "receiveWebhook",
  path: "/webhooks/clerk",
  tags: ["Webhooks"],
  summary: "Receive a webhook message from Clerk, signed by Svix",
  description:
    "Responds once Redis has stored the message. Types other than `user.*` and `session.*` are accepted and ignored. Svix sends a message again unless it gets 2xx.",
  security: [],
  request: {
    headers: z.object({
      "svix-id": header("The same for every attempt", "msg_2abcDEF123").optional(),
      "svix-timestamp": header("Unix seconds of this attempt; may differ by 5 minutes", "1764000000").optional(),
      "svix-signature": header(
        "HMAC-SHA256 of id, timestamp and body",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
      ).optional(),
    }),
    body: { required: true, content: json(z.looseObject({ type: z.string(), data: z.looseObject({}) })) },
  },
  responses: {
    204: { description: "Accepted" },
    400: invalid,
    413: tooLarge,
    429: limited,
    500: bug,
    503: unavailable,
  },
};

const readinessSchema = z.object({
  status: z.enum(["ready", "not ready"]),
  conditions: z
    .record(z.string(), z.union([z.literal(true), z.string()]))
    .optional()
    .openapi({ description: "Missing where `OPERATIONS_PORT` is set; they are on that port" }),
});

/** What the server itself answers, whatever the path. */
const oversized = { 431: { description: "The headers of the request are too large" } };

const operations: Parameters<Registry["registerPath"]>[0][] = [
  {
    method: "get",
    operationId: "getLiveness",
    path: "/livez",
    tags: ["Operations"],
    summary: "Check that the process responds",
    security: [],
    responses: {
      ...oversized,
      200: { description: "The process responds", content: json(z.object({ status: z.literal("live") })) },
    },
  },
  {
    method: "get",
    operationId: "getReadiness",
    path: "/readyz",
    tags: ["Operations"],
    summary: "Check that the process can work",
    security: [],
    responses: {
      ...oversized,
      200: { description: "Ready", content: json(readinessSchema) },
      503: { description: "Not ready; `conditions` has the reasons", content: json(readinessSchema) },
    },
  },
  {
    method: "get",
    operationId: "getMetrics",
    path: "/metrics",
    tags: ["Operations"],
    summary: "Get metrics for Prometheus",
    description: "Only on `OPERATIONS_PORT` where it is set",
    security: [],
    responses: { ...oversized, 200: { description: "The metrics", content: { "text/plain": { schema: z.string() } } } },
  },
  {
    method: "get",
    operationId: "getOpenApi",
    path: "/openapi.json",
    tags: ["Operations"],
    summary: "Get this document",
    security: [],
    responses: {
      ...oversized,
      200: { description: "OpenAPI 3.1", content: json(z.looseObject({ openapi: z.string() })) },
    },
  },
  {
    method: "get",
    operationId: "getAsyncApi",
    path: "/asyncapi.json",
    tags: ["Operations"],
    summary: "Get the description of the topics in Kafka",
    security: [],
    responses: {
      ...oversized,
      200: { description: "AsyncAPI 3", content: json(z.looseObject({ asyncapi: z.string() })) },
    },
  },
  {
    method: "get",
    operationId: "getTopicsPage",
    path: "/docs/topics",
    tags: ["Operations"],
    summary: "Get the description of the topics as a page",
    security: [],
    responses: { ...oversized, 200: { description: "A page", content: { "text/html": { schema: z.string() } } } },
  },
  {
    method: "get",
    operationId: "getDocumentation",
    path: "/docs",
    tags: ["Operations"],
    summary: "Get this document as a page",
    security: [],
    responses: { ...oversized, 200: { description: "A page", content: { "text/html": { schema: z.string() } } } },
  },
];
