import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AccountJson } from "./account-details.ts";
import { changeAccount } from "./change-account.ts";
import { assertPermitted, requires } from "../auth/requires.ts";
import { parseUserJson } from "../../clerk/users/parse-user-json.ts";
import { userFromJson } from "../../clerk/payloads/user-json.ts";
import { changesBetween, type User } from "../../domain/user.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp, ApiEnv } from "../http/api-env.ts";
import { requireJson } from "../http/check-body.ts";
import { rejectPersonalInfo } from "../passwords/password-schema.ts";
import { type ApiUser, apiUserFromJson, apiUserSchema } from "./api-user.ts";
import { applyUpdate, type Update } from "./apply-update.ts";
import { addsUnverifiedEmail, planEmailChanges } from "./plan-email-changes.ts";
import { queueSnapshot } from "./queue-snapshot.ts";
import type { ApiContext } from "./api-context.ts";
import { type UpdateUserInput, updateUserSchema } from "./user-input.ts";

/** `PUT /api/users/{userId}` */
export function addUpdateUser(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "put",
    path: "/api/users/{userId}",
    tags: ["Users"],
    summary: "Change a user",
    description:
      "Needs `users:write`, except for one's own. What is not given stays; nothing can be cleared. The e-mail addresses become those given, the first the primary one; addresses that nobody has proved (new ones, or an unverified one as the primary one) need `users:write` in any case, unless `SELF_EMAIL_CHANGE` is on, since Clerk counts them as verified then. Made of several calls of Clerk: when one fails after others were done, the code is `update_incomplete`, `details` say which step failed and which are done, and a repeat does the rest.",
    security: bearer,
    middleware: [requires("users:write", { orSelf: "userId" }), requireJson] as const,
    request: {
      params: userIdParam,
      body: { required: true, content: { "application/json": { schema: updateUserSchema(context.passwords) } } },
    },
    responses: {
      200: { description: "The user as it is now", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 404, 409, 413, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    return c.json(await updateUser(c, context, userId, c.req.valid("json")), 200);
  });
}

interface Updated {
  readonly user: ApiUser;
  readonly passwordChanged: boolean;
}

/**
 * Changes a user whom the caller may change. Costs a call to read him, one for the fields that differ, one for each change
 * of an address and then one more to read him again.
 */
export async function updateUser(
  c: Context<ApiEnv>,
  context: ApiContext,
  userId: string,
  input: UpdateUserInput,
): Promise<ApiUser> {
  const { clerk, passwords, log, now } = context;
  const { user, passwordChanged } = await changeAccount(c, context, {
    action: "user.updated",
    userId,
    run: async (before): Promise<Updated> => {
      rejectPersonalInfo(passwords, input.password, { ...userFromJson(before), ...input });
      const update = planUpdate(before, input);
      if (update.emails.some(addsUnverifiedEmail) && !context.config.selfEmailChange)
        await assertPermitted(c, "users:write");
      const applied = await applyUpdate(clerk, update, now);
      if (applied.latest !== undefined) {
        await queueSnapshot(context, applied.latest, "user.updated", { readAt: applied.readAt });
      }
      if (applied.outcome === "stopped") throw applied.error;
      const after = applied.latest === undefined ? before : parseUserJson(applied.latest);
      return { user: apiUserFromJson(after), passwordChanged: update.fields.password !== undefined };
    },
    describe: (before, after) => describeUpdate(userFromJson(before), after),
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

/** Only what differs: a repeat of an update costs nothing but its reading. A password cannot be compared. */
function planUpdate(before: AccountJson, input: UpdateUserInput): Update {
  const { emailAddress, ...fields } = input;
  const current = userFromJson(before);
  const same = (name: string, value: string | undefined) =>
    value === undefined ||
    (name === "firstName" && value === current.firstName) ||
    (name === "lastName" && value === current.lastName) ||
    (name === "username" && value.toLowerCase() === current.username.toLowerCase());
  return {
    userId: before.id,
    fields: Object.fromEntries(Object.entries(fields).filter(([name, value]) => !same(name, value))),
    emails: emailAddress === undefined ? [] : planEmailChanges(before, emailAddress),
  };
}

/** What changed, old and new; of a password only that it did. */
function describeUpdate(before: User, { user, passwordChanged }: Updated) {
  return {
    before: changesBetween(user, before),
    after: { ...changesBetween(before, user), ...(passwordChanged && { passwordChanged }) },
  };
}
