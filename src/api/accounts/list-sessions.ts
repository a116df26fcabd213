import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import type { ApiContext } from "../users/api-context.ts";
import { readAccount } from "../users/account-details.ts";
import { sessionFromClerk, sessionSchema, sessionStatuses } from "./session.ts";

const route = createRoute({
  method: "get",
  path: "/api/users/{userId}/sessions",
  tags: ["Accounts"],
  summary: "A user's sessions, newest first",
  description: "Needs `accounts:read`, except for one's own. Clerk forgets old sessions that are over.",
  security: bearer,
  middleware: [requires("accounts:read", { orSelf: "userId" })] as const,
  request: {
    params: userIdParam,
    query: z.object({
      status: z.enum(sessionStatuses).default("active"),
      page: z.coerce.number().int().min(1).max(1_000).default(1),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
  },
  responses: {
    200: {
      description: "One page of them",
      content: {
        "application/json": { schema: z.object({ sessions: z.array(sessionSchema), totalCount: z.int() }) },
      },
    },
    ...errorResponses(400, 404, 502),
  },
});

export function addListSessions(api: ApiApp, { clerk }: ApiContext): void {
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const { status, page, limit } = c.req.valid("query");
    const list = await clerk.read("sessions.list", ({ sessions }) =>
      sessions.getSessionList({ userId, status, limit, offset: (page - 1) * limit }),
    );
    // Clerk has an empty list for those who do not exist, too.
    if (list.totalCount === 0) await readAccount(clerk, userId);
    return c.json({ sessions: list.data.map(sessionFromClerk), totalCount: list.totalCount }, 200);
  });
}
