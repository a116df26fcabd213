import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type AuditDetails, createAuditEntry } from "../http/create-audit-entry.ts";
import { allowsAnonymous } from "../auth/requires.ts";
import { requires } from "../auth/requires.ts";
import { parseUserJson } from "../../clerk/users/parse-user-json.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiApp, ApiEnv } from "../http/api-env.ts";
import { rejectPersonalInfo } from "../passwords/password-schema.ts";
import { type ApiUser, apiUserFromJson, apiUserSchema } from "./api-user.ts";
import { idempotencyKeyHeader, idempotent } from "./idempotent.ts";
import { toUserError } from "./to-user-error.ts";
import { queueSnapshot } from "./queue-snapshot.ts";
import type { ApiContext } from "./api-context.ts";
import { type CreateUserInput, createUserSchema } from "./user-input.ts";

/** `POST /api/users` */
export function addCreateUser(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "post",
    path: "/api/users",
    tags: ["Users"],
    summary: "Create a user",
    description:
      "Needs `users:write`; nothing while `OPEN_REGISTRATION` is on and there is no token. The e-mail addresses count as verified. One call of Clerk. It is never made twice by itself: when the answer is 503, the user may exist all the same.",
    security: [...bearer, {}],
    middleware: [allowsAnonymous("registration"), requires("users:write"), idempotent(context.idempotency)] as const,
    request: {
      headers: idempotencyKeyHeader,
      body: { required: true, content: { "application/json": { schema: createUserSchema(context.passwords) } } },
    },
    responses: {
      201: { description: "The new user", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 409, 413, 422, 502),
    },
  });
  api.openapi(route, async (c) => {
    const user = await createUser(c, context, c.req.valid("json"));
    return c.json(user, 201, { Location: `/api/users/${user.id}` });
  });
}

export async function createUser(c: Context<ApiEnv>, context: ApiContext, input: CreateUserInput): Promise<ApiUser> {
  const { clerk, cache, audit, passwords, log, now } = context;
  rejectPersonalInfo(passwords, input.password, input);
  const record = (deed: Omit<AuditDetails, "action">) =>
    audit.record(createAuditEntry(c, now, { action: "user.created", ...deed }));
  try {
    const created = await clerk.write("users.create", ({ users }) => users.createUser(input));
    const user = apiUserFromJson(parseUserJson(created.raw));
    await Promise.all([
      queueSnapshot(context, created.raw, "user.created"),
      cache.invalidate([user.id]),
      record({ outcome: "done", targetId: user.id, after: user }),
    ]);
    log.info(
      {
        event: "user.created",
        userId: user.id,
        email: user.emailAddress[0],
        role: user.role,
        source: c.get("anonymous") === true ? "registration" : "api",
        requestId: c.get("requestId"),
      },
      "User created successfully",
    );
    return user;
  } catch (thrown) {
    const error = await toUserError(clerk, thrown, input);
    await record({ outcome: "failed", reason: error.code });
    throw error;
  }
}
