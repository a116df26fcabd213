import { createRoute, z } from "@hono/zod-openapi";
import { assertFreshFactor, assertPermitted, requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { invalidInput } from "../http/create-router.ts";
import { bearer, errorResponses, noQuery } from "../http/responses.ts";
import type { ApiContext } from "./api-context.ts";
import { idempotencyKeyHeader, idempotent } from "./idempotent.ts";
import { batchOperationSchema, batchResultSchema, type CheckedOperation, runBatch } from "./run-batch.ts";

const operationReference = {
  $ref: "#/components/schemas/BatchOperation",
  description: "One of the batch's operations",
};

/** The operations are validated one by one later, so that an invalid operation does not reject the whole batch. */
const batchSchema = z
  .strictObject({
    operations: z.array(z.unknown().openapi(operationReference)).min(1).max(100),
  })
  .openapi("BatchRequest");

const batchResponseSchema = z
  .object({ results: z.array(batchResultSchema), succeeded: z.int(), failed: z.int() })
  .openapi("BatchResponse");

/** `POST /api/users/batch` */
export function addBatch(api: ApiApp, context: ApiContext): void {
  const operationSchema = batchOperationSchema(context.passwords);
  api.openAPIRegistry.register("BatchOperation", operationSchema);
  const route = createRoute({
    method: "post",
    operationId: "runBatch",
    path: "/api/users/batch",
    tags: ["Users"],
    summary: "Create, update and delete up to 100 users",
    description:
      "Needs `users:write`; for deletions `users:delete` too, and a fresh second factor if `REQUIRE_MFA_FOR` contains `delete`. Responds with 207 and one result per operation, in the same order. Each operation succeeds or fails on its own. Operations on the same user run in order, others concurrently. The batch runs for at most two minutes.",
    security: bearer,
    middleware: [requires("users:write"), idempotent(context.idempotency)] as const,
    request: {
      query: noQuery,
      headers: idempotencyKeyHeader,
      body: { required: true, content: { "application/json": { schema: batchSchema } } },
    },
    responses: {
      207: {
        description: "One result per operation",
        content: { "application/json": { schema: batchResponseSchema } },
      },
      ...errorResponses(400, 409, 413, 415, 422),
    },
  });
  api.openapi(route, async (c) => {
    const operations = c.req.valid("json").operations.map((input): CheckedOperation => {
      const parsed = operationSchema.safeParse(input);
      return parsed.success ? parsed.data : invalidInput(parsed.error.issues);
    });
    if (operations.some((operation) => "type" in operation && operation.type === "delete")) {
      await assertPermitted(c, "users:delete");
      assertFreshFactor(c, "delete");
    }
    const results = await runBatch(c, context, operations);
    const succeeded = results.filter(({ error }) => error === undefined).length;
    const failed = results.length - succeeded;
    context.log.info({ event: "batch.run", succeeded, failed, requestId: c.get("requestId") }, "Batch run");
    return c.json({ results, succeeded, failed }, 207);
  });
}
