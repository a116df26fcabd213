import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { changeAccount } from "./change-account.ts";
import { requires, requiresFreshFactor } from "../auth/requires.ts";
import { userFromJson } from "../../clerk/payloads/user-json.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import type { ApiApp, ApiEnv } from "../http/api-env.ts";
import { queueSnapshot } from "./queue-snapshot.ts";
import type { ApiContext } from "./api-context.ts";
import { assertRoleChangerRemains } from "./assert-role-changer-remains.ts";

/** `DELETE /api/users/{userId}` */
export function addDeleteUser(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "delete",
    operationId: "deleteUser",
    path: "/api/users/{userId}",
    tags: ["Users"],
    summary: "Delete a user permanently",
    description:
      "Needs `users:delete`, and a fresh second factor if `REQUIRE_MFA_FOR` contains `delete`. The last user with `users:roles` cannot delete their own account (409 `last_role_changer`).",
    security: bearer,
    middleware: [requires("users:delete"), requiresFreshFactor("delete")] as const,
    request: { query: noQuery, params: userIdParam },
    responses: { 204: { description: "The user is deleted" }, ...errorResponses(400, 404, 409, 502) },
  });
  api.openapi(route, async (c) => {
    await deleteUser(c, context, c.req.valid("param").userId);
    return c.body(null, 204);
  });
}

/** Deletes a user who does not outrank the caller. Calls Clerk twice: the audit trail records the user before the deletion. */
export async function deleteUser(c: Context<ApiEnv>, context: ApiContext, userId: string): Promise<void> {
  const { clerk, log } = context;
  await changeAccount(c, context, {
    action: "user.deleted",
    userId,
    run: async () => {
      await assertRoleChangerRemains(c, context, userId);
      await clerk.write("users.delete", ({ users }) => users.deleteUser(userId));
      await queueSnapshot(context, userId, "user.deleted");
    },
    describe: (before) => ({ before: { ...userFromJson(before) } }),
  });
  log.info(
    { event: "user.deleted", userId, source: "api", requestId: c.get("requestId") },
    "User deleted successfully",
  );
}
