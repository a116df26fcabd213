import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type AuditDetails, createAuditEntry } from "../http/create-audit-entry.ts";
import { allowsAnonymous } from "../auth/requires.ts";
import { requires } from "../auth/requires.ts";
import { parseUserJson } from "../../clerk/users/list-users.ts";
import { bearer, errorResponses, noQuery } from "../http/responses.ts";
import type { ApiApp, ApiEnv } from "../http/api-env.ts";
import { invalidInput } from "../http/create-router.ts";
import { rejectPersonalInfo } from "../passwords/password-schema.ts";
import { type ApiUser, apiUserFromJson, apiUserSchema } from "./user-schemas.ts";
import { idempotencyKeyHeader, idempotent } from "./idempotent.ts";
import { toUserError } from "./user-errors.ts";
import { queueSnapshot } from "./queue-snapshot.ts";
import type { ApiContext } from "./api-context.ts";
import { type CreateUserInput, createUserSchema } from "./user-schemas.ts";

/** `POST /api/users` */
export function addCreateUser(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "post",
    operationId: "createUser",
    path: "/api/users",
    tags: ["Users"],
    summary: "Create a user",
    description:
      "Needs `users:write`, or no token at all if `OPEN_REGISTRATION` is on. The email addresses are marked as verified. Without a token there is one address, and it is unverified until the user proves it. After a 503 the user may exist nevertheless; send an `Idempotency-Key` to repeat the request safely.",
    security: [...bearer, {}],
    middleware: [allowsAnonymous("registration"), requires("users:write"), idempotent(context.idempotency)] as const,
    request: {
      query: noQuery,
      headers: idempotencyKeyHeader,
      body: { required: true, content: { "application/json": { schema: createUserSchema(context.passwords) } } },
    },
    responses: {
      201: { description: "The new user", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 409, 413, 415, 422, 502),
    },
  });
  api.openapi(route, async (c) => {
    const user = await createUser(c, context, c.req.valid("json"));
    return c.json(user, 201, { Location: `/api/users/${user.id}` });
  });
}

/** Creates a user with one call of Clerk, which is never retried. Throws an `ApiError`. */
export async function createUser(c: Context<ApiEnv>, context: ApiContext, input: CreateUserInput): Promise<ApiUser> {
  const { clerk, cache, audit, passwords, log, now } = context;
  rejectPersonalInfo(passwords, input.password, input);
  const isRegistration = c.get("anonymous") === true;
  if (isRegistration && input.emailAddress.length > 1) {
    throw invalidInput([{ path: ["emailAddress"], message: "Only one address without a token" }]);
  }
  // A reserved address is unverified, signs in, and belongs to no other user. A stranger cannot prove an address here.
  const status = isRegistration ? { emailAddressIdentificationStatus: ["reserved" as const] } : {};
  const record = (details: Omit<AuditDetails, "action">) =>
    audit.record(createAuditEntry(c, now, { action: "user.created", ...details }));
  try {
    const created = await clerk.write("users.create", ({ users }) => users.createUser({ ...input, ...status }));
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
        source: isRegistration ? "registration" : "api",
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
