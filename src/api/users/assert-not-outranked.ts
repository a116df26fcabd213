import type { Context } from "hono";
import { AccessDeniedError } from "../auth/auth-errors.ts";
import type { FindRole } from "../auth/roles.ts";
import { callerOf } from "../auth/requires.ts";
import type { UserJson } from "../../clerk/payloads/user-json.ts";
import type { ApiEnv } from "../http/api-env.ts";

/**
 * Throws 403 when the user may do something that the caller may not: with the right to reset factors or to make sign-in
 * links, a helper could otherwise become an admin. Everybody may touch his own account.
 */
export function assertNotOutranked(c: Context<ApiEnv>, findRole: FindRole, user: UserJson): void {
  const caller = callerOf(c);
  if (caller.kind === "user" && caller.id === user.id) return;
  const { permissions } = findRole(user.public_metadata?.role);
  if (![...permissions].every((permission) => caller.permissions.has(permission)))
    throw new AccessDeniedError("user_outranks_caller");
}
