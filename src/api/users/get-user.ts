import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { parseUserJson } from "../../clerk/users/clerk-users.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { type ApiUser, apiUserFromJson, apiUserSchema } from "./user-schemas.ts";
import { UserNotFoundError } from "./user-errors.ts";
import type { ApiContext } from "./api-context.ts";

/** `GET /api/users/{userId}` */
export function addGetUser(api: ApiApp, { clerk, cache }: ApiContext): void {
  const route = createRoute({
    method: "get",
    path: "/api/users/{userId}",
    tags: ["Users"],
    summary: "Get a user",
    description: "Needs `users:read`; users may read themselves. Cached.",
    security: bearer,
    middleware: [requires("users:read", { orSelf: "userId" })] as const,
    request: { params: userIdParam },
    responses: {
      200: { description: "The user", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 404, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const user = await cache.user(userId, () => loadUser(clerk, userId));
    if (user === undefined) throw new UserNotFoundError(userId);
    return c.json(user, 200);
  });
}

async function loadUser(clerk: ClerkApi, userId: string): Promise<ApiUser | undefined> {
  try {
    const user = await clerk.read("users.get", ({ users }) => users.getUser(userId));
    return apiUserFromJson(parseUserJson(user.raw));
  } catch (error) {
    if (error instanceof ClerkRequestError && error.status === 404) return undefined;
    throw error;
  }
}
