import type { Context } from "hono";
import PQueue from "p-queue";
import type { CallOptions, ClerkApi } from "../../clerk/client/clerk-api.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { ApiError } from "../../http/api-error.ts";
import { toApiError } from "../http/to-api-error.ts";
import type { BatchOperation, BatchResult } from "./batch-schemas.ts";
import { createUser } from "./create-user.ts";
import { deleteUser } from "./delete-user.ts";
import { updateUser } from "./update-user.ts";
import type { ApiContext } from "./api-context.ts";

/** An operation, or what is wrong with it. */
export type CheckedOperation = BatchOperation | ApiError;

const maxParallelGroups = 5;
/** No operation begins after that, ms. */
const batchMs = 120_000;

/**
 * Runs the operations and answers a result for each, in their order. Those about one user, and creations with the same
 * primary address, run one after the other as they stand; others at once, five at most. Each is done or fails by itself;
 * only when Clerk is away, those that have not begun do not begin, and say so. They wait for their turn within Clerk's
 * rate limit for as long as the whole may take.
 */
export async function runBatch(
  c: Context<ApiEnv>,
  context: ApiContext,
  operations: readonly CheckedOperation[],
): Promise<BatchResult[]> {
  const { now } = context;
  const runUntil = now() + batchMs;
  const patient: ApiContext = { ...context, clerk: withDeadline(context.clerk, () => runUntil - now()) };
  const results: BatchResult[] = [];
  let away: ApiError | undefined;

  async function runOne(operation: CheckedOperation): Promise<Omit<BatchResult, "index">> {
    if (operation instanceof ApiError) return failureOf(operation);
    if (away === undefined && now() > runUntil) away = overdue();
    if (away !== undefined) return failureOf(away);
    try {
      return await perform(c, patient, operation);
    } catch (thrown) {
      const error = toApiError(thrown);
      if (error instanceof ApiError) {
        if (error.status === 503) away = error;
        return failureOf(error);
      }
      context.log.error(
        { event: "batch.operation_failed", err: error, requestId: c.get("requestId") },
        "Operation failed",
      );
      return failureOf(new ApiError(500, "internal_error", "Internal error"));
    }
  }

  const lanes = Map.groupBy(operations.entries(), ([index, operation]) => groupOf(index, operation));
  const queue = new PQueue({ concurrency: maxParallelGroups });
  await queue.addAll(
    [...lanes.values()].map((lane) => async () => {
      for (const [index, operation] of lane) results[index] = { index, ...(await runOne(operation)) };
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

const failureOf = ({ status, message, code, details }: ApiError): Omit<BatchResult, "index"> => ({
  status,
  error: { error: message, code, ...(details && { details: [...details] }) },
});

const overdue = () => new ApiError(503, "batch_overdue", "The batch took too long; this operation was not begun");

/** The same client, whose callers may wait for as long as is left. */
function withDeadline(clerk: ClerkApi, leftMs: () => number): ClerkApi {
  const patient = (options?: CallOptions): CallOptions => ({ waitMs: Math.max(0, leftMs()), ...options });
  return {
    read: (operation, call, options) => clerk.read(operation, call, patient(options)),
    write: (operation, call, options) => clerk.write(operation, call, patient(options)),
  };
}
