import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { parseUserJson } from "../../clerk/users/list-users.ts";
import { getUser } from "../../clerk/users/read-user.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { type ApiUser, apiUserFromJson, apiUserSchema } from "./user-schemas.ts";
import { UserNotFoundError } from "./user-errors.ts";
import type { ApiContext } from "./api-context.ts";

/** `GET /api/users/{userId}` */
export function addGetUser(api: ApiApp, { clerk, cache, now }: ApiContext): void {
  const route = createRoute({
    method: "get",
    operationId: "getUser",
    path: "/api/users/{userId}",
    tags: ["Users"],
    summary: "Get a user",
    description: "Needs `users:read`; users may read themselves. Cached.",
    security: bearer,
    middleware: [requires("users:read", { orSelf: "userId" })] as const,
    request: { query: noQuery, params: userIdParam },
    responses: {
      200: { description: "The user", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 404, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const user = await cache.user(userId, () => loadUser(clerk, userId, now));
    if (user === undefined) throw new UserNotFoundError(userId);
    return c.json(user, 200);
  });
}

async function loadUser(clerk: ClerkApi, userId: string, now: () => number): Promise<ApiUser | undefined> {
  try {
    const { raw } = await getUser(clerk, userId, now);
    return apiUserFromJson(parseUserJson(raw));
  } catch (error) {
    if (error instanceof ClerkRequestError && error.status === 404) return undefined;
    throw error;
  }
}
