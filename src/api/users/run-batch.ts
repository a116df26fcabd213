import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import PQueue from "p-queue";
import type { CallOptions, ClerkApi } from "../../clerk/client/clerk-api.ts";
import { ApiError, errorCodes } from "../../http/api-error.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { userIdParam } from "../http/responses.ts";
import { toApiError } from "../http/to-api-error.ts";
import type { PasswordPolicy } from "../passwords/password-policy.ts";
import type { ApiContext } from "./api-context.ts";
import { createUser } from "./create-user.ts";
import { deleteUser } from "./delete-user.ts";
import { updateUser } from "./update-user.ts";
import { apiUserSchema, createUserSchema, updateUserSchema } from "./user-schemas.ts";

const { userId } = userIdParam.shape;

export const batchOperationSchema = (policy: PasswordPolicy) =>
  z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("create"), user: createUserSchema(policy) }),
      z.strictObject({ type: z.literal("update"), userId, user: updateUserSchema(policy) }),
      z.strictObject({ type: z.literal("delete"), userId }),
    ])
    .openapi("BatchOperation");
type BatchOperation = z.infer<ReturnType<typeof batchOperationSchema>>;

export const batchResultSchema = z
  .object({
    index: z.int().openapi({ description: "Position of the operation in the request" }),
    status: z.int().openapi({ description: "The status the operation would have on its own" }),
    user: apiUserSchema.optional().openapi({ description: "The created or updated user" }),
    error: z
      .object({
        error: z.string(),
        code: z.enum(errorCodes),
        details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
      })
      .optional(),
  })
  .openapi("BatchResult");
type BatchResult = z.infer<typeof batchResultSchema>;

/** A valid operation, or the error of an invalid one. */
export type CheckedOperation = BatchOperation | ApiError;

const maxConcurrentGroups = 5;
/** After this time, no further operation begins, in ms. */
const batchTimeoutMs = 120_000;

/**
 * Runs the operations and returns one result for each, in the same order. Operations on one user, and creations with the
 * same primary address, form a group and run one after the other; groups run concurrently. A failed operation does not
 * affect the others, except that once Clerk is unavailable, the remaining operations fail without being started. While
 * the batch runs, its calls may wait for the Clerk rate limit.
 */
export async function runBatch(
  c: Context<ApiEnv>,
  context: ApiContext,
  operations: readonly CheckedOperation[],
): Promise<BatchResult[]> {
  const { now } = context;
  const deadline = now() + batchTimeoutMs;
  const batchContext: ApiContext = { ...context, clerk: withDeadline(context.clerk, () => deadline - now()) };
  const results: BatchResult[] = [];
  let unavailable: ApiError | undefined;

  async function runOne(operation: CheckedOperation): Promise<Omit<BatchResult, "index">> {
    if (operation instanceof ApiError) return toFailure(operation);
    if (unavailable === undefined && now() > deadline) unavailable = batchOverdue();
    if (unavailable !== undefined) return toFailure(unavailable);
    try {
      return await perform(c, batchContext, operation);
    } catch (thrown) {
      const error = toApiError(thrown);
      if (error instanceof ApiError) {
        if (error.status === 503) unavailable = error;
        return toFailure(error);
      }
      context.log.error(
        { event: "batch.operation_failed", err: error, requestId: c.get("requestId") },
        "Operation failed",
      );
      return toFailure(new ApiError(500, "internal_error", "Internal error"));
    }
  }

  const groups = Map.groupBy(operations.entries(), ([index, operation]) => groupOf(index, operation));
  const queue = new PQueue({ concurrency: maxConcurrentGroups });
  await queue.addAll(
    [...groups.values()].map((group) => async () => {
      for (const [index, operation] of group) results[index] = { index, ...(await runOne(operation)) };
    }),
  );
  return results;
}

function groupOf(index: number, operation: CheckedOperation): string {
  if (operation instanceof ApiError) return `invalid ${index}`;
  return operation.type === "create" ? `create ${operation.user.emailAddress[0]}` : operation.userId;
}

async function perform(
  c: Context<ApiEnv>,
  context: ApiContext,
  operation: BatchOperation,
): Promise<Omit<BatchResult, "index">> {
  switch (operation.type) {
    case "create":
      return { status: 201, user: await createUser(c, context, operation.user) };
    case "update":
      return { status: 200, user: await updateUser(c, context, operation.userId, operation.user) };
    case "delete":
      await deleteUser(c, context, operation.userId);
      return { status: 204 };
  }
}

const toFailure = ({ status, message, code, details }: ApiError): Omit<BatchResult, "index"> => ({
  status,
  error: { error: message, code, ...(details && { details: [...details] }) },
});

const batchOverdue = () =>
  new ApiError(503, "batch_overdue", "The batch took too long; this operation was not started");

/** The same client, whose calls wait for the rate limit as long as time remains. */
function withDeadline(clerk: ClerkApi, remainingMs: () => number): ClerkApi {
  const withWait = (options?: CallOptions): CallOptions => ({ waitMs: Math.max(0, remainingMs()), ...options });
  return {
    read: (operation, call, options) => clerk.read(operation, call, withWait(options)),
    write: (operation, call, options) => clerk.write(operation, call, withWait(options)),
    budget: clerk.budget,
    reportUnreadable: clerk.reportUnreadable,
  };
}
