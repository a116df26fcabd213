import { createRoute } from "@hono/zod-openapi";
import { assertFreshFactor, assertPermitted, requires } from "../auth/requires.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { invalidInput } from "../http/create-router.ts";
import { batchResponseSchema, batchOperationSchema, batchSchema } from "./batch-schemas.ts";
import { idempotencyKeyHeader, idempotent } from "./idempotent.ts";
import { type CheckedOperation, runBatch } from "./run-batch.ts";
import type { ApiContext } from "./api-context.ts";

/** `POST /api/users/batch` */
export function addBatch(api: ApiApp, context: ApiContext): void {
  const operationSchema = batchOperationSchema(context.passwords);
  api.openAPIRegistry.register("BatchOperation", operationSchema);
  const route = createRoute({
    method: "post",
    path: "/api/users/batch",
    tags: ["Users"],
    summary: "Create, change and delete up to 100 users",
    description:
      "Needs `users:write`; when an operation deletes, `users:delete` too, and a fresh second factor where `REQUIRE_MFA_FOR` has `delete`. Answers 207 with a result for each operation, in their order; one that fails does not keep others from being done. Operations about one user run as they stand, one after the other; others at once. When Clerk is away, those that have not begun answer 503 too. As many calls of Clerk as the operations alone, within its rate limit, for two minutes at most.",
    security: bearer,
    middleware: [requires("users:write"), idempotent(context.idempotency)] as const,
    request: {
      headers: idempotencyKeyHeader,
      body: { required: true, content: { "application/json": { schema: batchSchema } } },
    },
    responses: {
      207: {
        description: "A result for each operation",
        content: { "application/json": { schema: batchResponseSchema } },
      },
      ...errorResponses(400, 409, 413, 422),
    },
  });
  api.openapi(route, async (c) => {
    const operations = c.req.valid("json").operations.map((given): CheckedOperation => {
      const parsed = operationSchema.safeParse(given);
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
