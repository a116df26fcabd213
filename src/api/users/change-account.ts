import type { Context } from "hono";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import type { UserJson } from "../../clerk/payloads/user-json.ts";
import { ApiError } from "../../http/api-error.ts";
import { AccessDeniedError } from "../auth/auth-errors.ts";
import { callerOf } from "../auth/requires.ts";
import { type FindRole, outranks } from "../auth/roles.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { type AuditDetails, createAuditEntry } from "../http/create-audit-entry.ts";
import { rejectionToApiError, toApiError } from "../http/to-api-error.ts";
import { type AccountJson, readAccount } from "./account-details.ts";
import type { ApiContext } from "./api-context.ts";
import { UserNotFoundError } from "./user-errors.ts";

export interface AccountChange<T> {
  /** The action's name in the audit trail. */
  readonly action: string;
  readonly userId: string;
  readonly run: (before: AccountJson) => Promise<T>;
  /** The values for the audit trail, without secrets. */
  readonly describe: (before: AccountJson, result: T) => Pick<AuditDetails, "before" | "after">;
}

/**
 * Changes the account of a user who does not outrank the caller. Whether the change succeeds or fails, it is recorded in
 * the audit trail and the user's cache entry is invalidated, because a failed change may still have happened in Clerk.
 * Throws an {@link ApiError} for a change that Clerk rejects.
 */
export async function changeAccount<T>(c: Context<ApiEnv>, context: ApiContext, change: AccountChange<T>): Promise<T> {
  const { action, userId, run, describe } = change;
  const before = await readAccount(context, userId);
  assertNotOutranked(c, context.findRole, before);
  const record = (details: Omit<AuditDetails, "action" | "targetId">) =>
    context.audit.record(createAuditEntry(c, context.now, { action, targetId: userId, ...details }));
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

/**
 * Throws 403 when the user outranks the caller. Without this check, a caller with the right to reset second factors or to
 * create sign-in links could take over an admin's account. Users may always change their own account.
 */
function assertNotOutranked(c: Context<ApiEnv>, findRole: FindRole, user: UserJson): void {
  const caller = callerOf(c);
  if (caller.kind === "user" && caller.id === user.id) return;
  if (outranks(findRole(user.public_metadata?.role), caller)) throw new AccessDeniedError("user_outranks_caller");
}
