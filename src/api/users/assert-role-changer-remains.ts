import type { Context } from "hono";
import { userFromJson } from "../../clerk/payloads/user-json.ts";
import { collectUsers } from "../../clerk/users/collect-users.ts";
import { ApiError } from "../../http/api-error.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { callerOf } from "../auth/requires.ts";
import type { ApiContext } from "./api-context.ts";

class LastRoleChangerError extends ApiError {
  override readonly name = "LastRoleChangerError";
  constructor() {
    super(409, "last_role_changer", "No other user may change roles; give another user such a role first");
  }
}

const pageSize = 500;

/**
 * Call before users give up their own permission to change roles, by another role or by deleting their account. Throws 409 when no other user
 * has the permission, because then only Clerk's dashboard could give it back. Reads users from the newest on until it finds one, at most
 * USERS_BY_ROLE_MAX_CLERK_CALLS pages; among more users than that, it throws as well.
 */
export async function assertRoleChangerRemains(
  c: Context<ApiEnv>,
  { clerk, config, findRole }: ApiContext,
  userId: string,
): Promise<void> {
  const caller = callerOf(c);
  if (caller.kind !== "user" || caller.id !== userId || !caller.permissions.has("users:roles")) return;
  let found = false;
  await collectUsers(
    clerk,
    {},
    {
      pageSize,
      maxPages: config.byRoleMaxClerkCalls,
      isEnough: (users) => {
        found ||= users.some(
          (user) => user.id !== userId && findRole(userFromJson(user).role).permissions.has("users:roles"),
        );
        return found;
      },
    },
  );
  if (!found) throw new LastRoleChangerError();
}
