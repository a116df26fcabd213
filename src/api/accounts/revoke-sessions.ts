import { createRoute, z } from "@hono/zod-openapi";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { revokeSessions } from "../../clerk/users/revoke-sessions.ts";
import { ApiError } from "../../http/api-error.ts";
import { requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses, noQuery, pathId, userIdParam } from "../http/responses.ts";
import type { ApiContext } from "../users/api-context.ts";
import { changeAccount } from "../users/change-account.ts";

/** `DELETE /api/users/{userId}/sessions` */
export function addRevokeSessions(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "delete",
    operationId: "revokeSessions",
    path: "/api/users/{userId}/sessions",
    tags: ["Accounts"],
    summary: "Revoke all sessions of a user",
    description:
      "Needs `accounts:manage`; users may revoke their own. If it fails halfway, repeating the request revokes the rest. Existing session tokens are valid until they expire, for at most one minute.",
    security: bearer,
    middleware: [requires("accounts:manage", { orSelf: "userId" })] as const,
    request: { query: noQuery, params: userIdParam },
    responses: {
      200: {
        description: "The user has no active session",
        content: {
          "application/json": {
            schema: z.object({ revoked: z.int().openapi({ description: "Number of revoked sessions" }) }),
          },
        },
      },
      ...errorResponses(400, 404, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const revoked = await changeAccount(c, context, {
      action: "account.sessions_revoked",
      userId,
      run: () => revokeSessions(context.clerk, userId),
      describe: (_, count) => ({ after: { revoked: count } }),
    });
    return c.json({ revoked }, 200);
  });
}

/** `DELETE /api/users/{userId}/sessions/{sessionId}` */
export function addRevokeSession(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "delete",
    operationId: "revokeSession",
    path: "/api/users/{userId}/sessions/{sessionId}",
    tags: ["Accounts"],
    summary: "Revoke one session",
    description:
      "Needs `accounts:manage`; users may revoke their own. A session that has ended stays unchanged. Existing session tokens are valid until they expire, for at most one minute.",
    security: bearer,
    middleware: [requires("accounts:manage", { orSelf: "userId" })] as const,
    request: {
      query: noQuery,
      params: userIdParam.extend({ sessionId: pathId("sessionId", "sess_2abcDEF123") }),
    },
    responses: { 204: { description: "The session has ended" }, ...errorResponses(400, 404, 502) },
  });
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

/** Revokes a session of this user only: the path's user decides whether the caller may. */
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
