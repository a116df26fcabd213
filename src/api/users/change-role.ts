import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { changeAccount } from "./change-account.ts";
import { AccessDeniedError } from "../auth/auth-errors.ts";
import type { FindRole } from "../auth/roles.ts";
import { callerOf, requires, requiresFreshFactor } from "../auth/requires.ts";
import { parseUserJson } from "../../clerk/users/parse-user-json.ts";
import { userFromJson } from "../../clerk/payloads/user-json.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp, ApiEnv } from "../http/api-env.ts";
import { apiUserFromJson, apiUserSchema } from "./api-user.ts";
import { roleSchema } from "./user-input.ts";
import { queueSnapshot } from "./queue-snapshot.ts";
import type { ApiContext } from "./api-context.ts";

/** `PUT /api/users/{userId}/role` */
export function addChangeRole(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "put",
    path: "/api/users/{userId}/role",
    tags: ["Users"],
    summary: "Give a user another role",
    description:
      "Needs `users:roles`, and a fresh second factor where `REQUIRE_MFA_FOR` has `role`. Nobody can give or take a role that may do more than his own. Session tokens that exist keep the old role until they expire, for a minute at most. Two calls of Clerk.",
    security: bearer,
    middleware: [requires("users:roles"), requiresFreshFactor("role")] as const,
    request: {
      params: userIdParam,
      body: {
        required: true,
        content: {
          "application/json": { schema: z.strictObject({ role: roleSchema(context.findRole) }).openapi("ChangeRole") },
        },
      },
    },
    responses: {
      200: { description: "The user as it is now", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 404, 409, 413, 502),
    },
  });
  const { clerk, findRole, log } = context;
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const { role } = c.req.valid("json");
    assertMayGive(c, findRole, role);
    const user = await changeAccount(c, context, {
      action: "user.role_changed",
      userId,
      run: async () => {
        // A deep merge: whatever else the public metadata holds stays.
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

/** With the right to give roles nobody may become more than he is. */
function assertMayGive(c: Context<ApiEnv>, findRole: FindRole, role: string): void {
  const { permissions } = callerOf(c);
  if (![...findRole(role).permissions].every((permission) => permissions.has(permission))) {
    throw new AccessDeniedError("user_outranks_caller");
  }
}
