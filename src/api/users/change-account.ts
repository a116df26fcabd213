import type { Context } from "hono";
import { type AuditDetails, createAuditEntry } from "../http/create-audit-entry.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { rejectionToApiError, toApiError } from "../http/to-api-error.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { ApiError } from "../../http/api-error.ts";
import { UserNotFoundError } from "./user-errors.ts";
import type { ApiContext } from "./api-context.ts";
import type { AccountJson } from "./account-details.ts";
import { assertNotOutranked } from "./assert-not-outranked.ts";
import { readAccount } from "./account-details.ts";

export interface AccountChange<T> {
  /** What the audit trail calls it. */
  readonly action: string;
  readonly userId: string;
  readonly run: (before: AccountJson) => Promise<T>;
  /** What the audit trail keeps of it; nothing secret. */
  readonly describe: (before: AccountJson, result: T) => Pick<AuditDetails, "before" | "after">;
}

/**
 * Changes the account of somebody whom the caller may touch. Done or failed, the cache forgets the user afterwards (a
 * failed change may have happened) and the audit trail knows. What Clerk refuses is thrown as an {@link ApiError}.
 */
export async function changeAccount<T>(c: Context<ApiEnv>, context: ApiContext, change: AccountChange<T>): Promise<T> {
  const { action, userId, run, describe } = change;
  const before = await readAccount(context.clerk, userId);
  assertNotOutranked(c, context.findRole, before);
  const record = (deed: Omit<AuditDetails, "action" | "targetId">) =>
    context.audit.record(createAuditEntry(c, context.now, { action, targetId: userId, ...deed }));
  try {
    const result = await run(before);
    await record({ outcome: "done", ...describe(before, result) });
    return result;
  } catch (thrown) {
    const error =
      thrown instanceof ClerkRequestError
        ? rejectionToApiError(thrown, new UserNotFoundError(userId))
        : toApiError(thrown);
    await record({ outcome: "failed", reason: error instanceof ApiError ? error.code : "internal_error" });
    throw error;
  } finally {
    await context.cache.invalidate([userId]);
  }
}
