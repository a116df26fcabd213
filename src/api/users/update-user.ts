import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { userFromJson } from "../../clerk/payloads/user-json.ts";
import { parseUserJson } from "../../clerk/users/list-users.ts";
import { changesBetween } from "../../domain/user.ts";
import { assertMayChangeCredentials, assertPermitted, ownSessionOf, requires } from "../auth/requires.ts";
import type { ApiApp, ApiEnv } from "../http/api-env.ts";
import { requireJson } from "../http/check-body.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import { rejectPersonalInfo } from "../passwords/password-schema.ts";
import type { ApiContext } from "./api-context.ts";
import { applyUpdate } from "./apply-update.ts";
import { changeAccount } from "./change-account.ts";
import { addsUnverifiedEmail, changesCredentials, planUpdate } from "./plan-update.ts";
import { queueSnapshot } from "./queue-snapshot.ts";
import {
  type ApiUser,
  apiUserFromJson,
  apiUserSchema,
  type UpdateUserInput,
  updateUserSchema,
} from "./user-schemas.ts";

/** `PUT` and `PATCH /api/users/{userId}`, which do the same. */
export function addUpdateUser(api: ApiApp, context: ApiContext): void {
  for (const method of ["put", "patch"] as const) addUpdateRoute(api, context, method);
}

function addUpdateRoute(api: ApiApp, context: ApiContext, method: "put" | "patch"): void {
  const route = createRoute({
    method,
    operationId: method === "put" ? "updateUser" : "patchUser",
    path: "/api/users/{userId}",
    tags: ["Users"],
    summary: method === "put" ? "Update a user" : "Update a user (the same as PUT)",
    description:
      "Needs `users:write`; users may update themselves. A missing field stays unchanged. `emailAddress` replaces all addresses, the first one becoming the primary address; adding an unverified address always needs `users:write`, unless `SELF_EMAIL_CHANGE` is on. A change of the password or of addresses ends the user's other sessions, is refused to impersonated sessions, and needs a fresh factor for one's own account. If a later step fails, the code is `update_incomplete` and repeating the request completes the update, except for `revoke_sessions`: then use `DELETE /api/users/{userId}/sessions`.",
    security: bearer,
    middleware: [requires("users:write", { orSelf: "userId" }), requireJson] as const,
    request: {
      query: noQuery,
      params: userIdParam,
      body: { required: true, content: { "application/json": { schema: updateUserSchema(context.passwords) } } },
    },
    responses: {
      200: { description: "The updated user", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 404, 409, 413, 415, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    return c.json(await updateUser(c, context, userId, c.req.valid("json")), 200);
  });
}

interface UpdatedUser {
  readonly user: ApiUser;
  readonly passwordChanged: boolean;
}

/**
 * Updates a user who does not outrank the caller. Calls Clerk once to read the user, once for the fields that differ, once
 * for each change of an address and, if addresses changed, once to read the user back.
 */
export async function updateUser(
  c: Context<ApiEnv>,
  context: ApiContext,
  userId: string,
  input: UpdateUserInput,
): Promise<ApiUser> {
  const { clerk, config, passwords, log, now } = context;
  const { user, passwordChanged } = await changeAccount(c, context, {
    action: "user.updated",
    userId,
    run: async (before): Promise<UpdatedUser> => {
      rejectPersonalInfo(passwords, input.password, { ...userFromJson(before), ...input });
      const plan = planUpdate(before, input);
      if (plan.emails.some(addsUnverifiedEmail) && !config.selfEmailChange) await assertPermitted(c, "users:write");
      if (changesCredentials(plan)) assertMayChangeCredentials(c, userId);
      const applied = await applyUpdate(clerk, plan, { keepSession: ownSessionOf(c, userId), now });
      if (applied.latest !== undefined) {
        await queueSnapshot(context, applied.latest, "user.updated", { readAt: applied.readAt });
      }
      if (applied.outcome === "stopped") throw applied.error;
      const after = applied.latest === undefined ? before : parseUserJson(applied.latest);
      return { user: apiUserFromJson(after), passwordChanged: plan.fields.password !== undefined };
    },
    describe: (before, after) => describeUpdate(apiUserFromJson(before), after),
  });
  log.info(
    {
      event: "user.updated",
      userId,
      email: user.emailAddress[0],
      fields: Object.keys(input),
      passwordChanged,
      source: "api",
      requestId: c.get("requestId"),
    },
    "User updated successfully",
  );
  return user;
}

/** The changed values, old and new. Of a password, only the fact that it changed. */
function describeUpdate(before: ApiUser, { user, passwordChanged }: UpdatedUser) {
  return {
    before: changesBetween(user, before),
    after: { ...changesBetween(before, user), ...(passwordChanged && { passwordChanged }) },
  };
}
