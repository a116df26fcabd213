import { createRoute, z } from "@hono/zod-openapi";
import { userFromJson } from "../../clerk/payloads/user-json.ts";
import { parseUserJson } from "../../clerk/users/list-users.ts";
import { AccessDeniedError } from "../auth/auth-errors.ts";
import { callerOf, requires, requiresFreshFactor } from "../auth/requires.ts";
import { outranks } from "../auth/roles.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import type { ApiContext } from "./api-context.ts";
import { assertRoleChangerRemains } from "./assert-role-changer-remains.ts";
import { changeAccount } from "./change-account.ts";
import { queueSnapshot } from "./queue-snapshot.ts";
import { apiUserFromJson, apiUserSchema, roleSchema } from "./user-schemas.ts";

/** `PUT` and `PATCH /api/users/{userId}/role`, which do the same. */
export function addChangeRole(api: ApiApp, context: ApiContext): void {
  for (const method of ["put", "patch"] as const) addChangeRoleRoute(api, context, method);
}

function addChangeRoleRoute(api: ApiApp, context: ApiContext, method: "put" | "patch"): void {
  const { clerk, findRole, log } = context;
  const route = createRoute({
    method,
    operationId: method === "put" ? "changeRole" : "patchRole",
    path: "/api/users/{userId}/role",
    tags: ["Users"],
    summary: method === "put" ? "Change a user's role" : "Change a user's role (the same as PUT)",
    description:
      "Needs `users:roles`, and a fresh second factor if `REQUIRE_MFA_FOR` contains `role`. You cannot grant or revoke a role with more permissions than your own. The last user with `users:roles` keeps it (409 `last_role_changer`). Existing session tokens keep the old role until they expire, after at most one minute.",
    security: bearer,
    middleware: [requires("users:roles"), requiresFreshFactor("role")] as const,
    request: {
      query: noQuery,
      params: userIdParam,
      body: {
        required: true,
        content: {
          "application/json": { schema: z.strictObject({ role: roleSchema(findRole) }).openapi("ChangeRole") },
        },
      },
    },
    responses: {
      200: { description: "The changed user", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 404, 409, 413, 415, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const { role } = c.req.valid("json");
    // Without this check, the right to grant roles would be the right to become an admin.
    if (outranks(findRole(role), callerOf(c))) throw new AccessDeniedError("user_outranks_caller");
    const user = await changeAccount(c, context, {
      action: "user.role_changed",
      userId,
      run: async () => {
        if (!findRole(role).permissions.has("users:roles")) await assertRoleChangerRemains(c, context, userId);
        // Clerk merges deeply, so the other public metadata stays.
        const changed = await clerk.write(
          "users.update_metadata",
          ({ users }) => users.updateUserMetadata(userId, { publicMetadata: { role } }),
          { patches: userId },
        );
        await queueSnapshot(context, changed.raw, "user.updated");
        return apiUserFromJson(parseUserJson(changed.raw));
      },
      describe: (before, after) => ({ before: { role: userFromJson(before).role }, after: { role: after.role } }),
    });
    log.info(
      { event: "user.role_changed", userId, role, source: "api", requestId: c.get("requestId") },
      "User role changed successfully",
    );
    return c.json(user, 200);
  });
}
