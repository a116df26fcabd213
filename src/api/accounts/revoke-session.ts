import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { ApiError } from "../../http/api-error.ts";
import type { ApiContext } from "../users/api-context.ts";
import { changeAccount } from "../users/change-account.ts";

const route = createRoute({
  method: "delete",
  path: "/api/users/{userId}/sessions/{sessionId}",
  tags: ["Accounts"],
  summary: "Sign a user out of one session",
  description:
    "Needs `accounts:manage`, except for one's own. A session that is over stays as it is. Session tokens made before work until they expire, for a minute at most.",
  security: bearer,
  middleware: [requires("accounts:manage", { orSelf: "userId" })] as const,
  request: {
    params: userIdParam.extend({
      sessionId: userIdParam.shape.userId.openapi({
        param: { name: "sessionId", in: "path" },
        example: "sess_2abcDEF123",
      }),
    }),
  },
  responses: { 204: { description: "The session is over" }, ...errorResponses(400, 404, 502) },
});

export function addRevokeSession(api: ApiApp, context: ApiContext): void {
  api.openapi(route, async (c) => {
    const { userId, sessionId } = c.req.valid("param");
    await changeAccount(c, context, {
      action: "account.session_revoked",
      userId,
      run: () => revokeSession(context.clerk, userId, sessionId),
      describe: () => ({ after: { sessionId } }),
    });
    return c.body(null, 204);
  });
}

/** Whoever may end sessions of one user must not end another's by naming it here. */
async function revokeSession(clerk: ClerkApi, userId: string, sessionId: string): Promise<void> {
  const notFound = new ApiError(404, "session_not_found", `Session with ID ${sessionId} not found`);
  try {
    const session = await clerk.read("sessions.get", ({ sessions }) => sessions.getSession(sessionId));
    if (session.userId !== userId) throw notFound;
    if (session.status === "active" || session.status === "pending") {
      await clerk.write("sessions.revoke", ({ sessions }) => sessions.revokeSession(sessionId));
    }
  } catch (error) {
    throw error instanceof ClerkRequestError && error.status === 404 ? notFound : error;
  }
}
