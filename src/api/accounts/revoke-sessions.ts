import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import type { ApiContext } from "../users/api-context.ts";
import { changeAccount } from "../users/change-account.ts";

const route = createRoute({
  method: "delete",
  path: "/api/users/{userId}/sessions",
  tags: ["Accounts"],
  summary: "Sign a user out everywhere",
  description:
    "Needs `accounts:manage`, except for one's own. When it fails half-way, some sessions are over and a repeat ends the rest. Session tokens made before work until they expire, for a minute at most.",
  security: bearer,
  middleware: [requires("accounts:manage", { orSelf: "userId" })] as const,
  request: { params: userIdParam },
  responses: {
    200: {
      description: "No session is left",
      content: {
        "application/json": { schema: z.object({ revoked: z.int().openapi({ description: "How many there were" }) }) },
      },
    },
    ...errorResponses(400, 404, 502),
  },
});

export function addRevokeSessions(api: ApiApp, context: ApiContext): void {
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

const pageSize = 100;
/** More than any user has; a list that does not get shorter must not keep us for ever. */
const maxPages = 10;

/** Always the first page: what is revoked is not in the list any more. */
async function revokeSessions(clerk: ClerkApi, userId: string): Promise<number> {
  let revoked = 0;
  for (let page = 0; page < maxPages; page += 1) {
    const { data } = await clerk.read("sessions.list", ({ sessions }) =>
      sessions.getSessionList({ userId, status: "active", limit: pageSize }),
    );
    await Promise.all(
      data.map(({ id }) => clerk.write("sessions.revoke", ({ sessions }) => sessions.revokeSession(id))),
    );
    revoked += data.length;
    if (data.length < pageSize) break;
  }
  return revoked;
}
