import type { Session as ClerkSession } from "@clerk/backend";
import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import { readAccount } from "../users/account-details.ts";
import type { ApiContext } from "../users/api-context.ts";

const sessionStatuses = ["active", "abandoned", "ended", "expired", "removed", "replaced", "revoked"] as const;

const sessionSchema = z
  .object({
    id: z.string(),
    status: z.string().openapi({ description: "`active`, or how the session ended" }),
    createdAt: z.iso.datetime(),
    lastActiveAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    impersonatorId: z.string().nullable().openapi({ description: "The person who acts as this user, if not the user" }),
    device: z
      .object({
        type: z.string().nullable(),
        mobile: z.boolean(),
        browser: z.string().nullable(),
        browserVersion: z.string().nullable(),
        ip: z.string().nullable(),
        city: z.string().nullable(),
        country: z.string().nullable(),
      })
      .nullable()
      .openapi({ description: "The device of the latest activity, as far as Clerk knows it" }),
  })
  .openapi("Session");
type Session = z.infer<typeof sessionSchema>;

/** `GET /api/users/{userId}/sessions` */
export function addListSessions(api: ApiApp, { clerk, now }: ApiContext): void {
  const route = createRoute({
    method: "get",
    operationId: "listSessions",
    path: "/api/users/{userId}/sessions",
    tags: ["Accounts"],
    summary: "List a user's sessions",
    description: "Needs `accounts:read`; users may read their own. Newest first. Clerk deletes old inactive sessions.",
    security: bearer,
    middleware: [requires("accounts:read", { orSelf: "userId" })] as const,
    request: {
      params: userIdParam,
      query: z.strictObject({
        status: z.enum(sessionStatuses).default("active"),
        page: z.coerce.number().int().min(1).max(1_000).default(1),
        limit: z.coerce.number().int().min(1).max(100).default(20),
      }),
    },
    responses: {
      200: {
        description: "One page of sessions",
        content: {
          "application/json": { schema: z.object({ sessions: z.array(sessionSchema), totalCount: z.int() }) },
        },
      },
      ...errorResponses(400, 404, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const { status, page, limit } = c.req.valid("query");
    const list = await clerk.read("sessions.list", ({ sessions }) =>
      sessions.getSessionList({ userId, status, limit, offset: (page - 1) * limit }),
    );
    // Clerk returns an empty list for an unknown user too; reading the account tells the two apart.
    if (list.totalCount === 0) await readAccount({ clerk, now }, userId);
    return c.json({ sessions: list.data.map(sessionFromClerk), totalCount: list.totalCount }, 200);
  });
}

const isoTime = (ms: number) => new Date(ms).toISOString();

const sessionFromClerk = (session: ClerkSession): Session => ({
  id: session.id,
  status: session.status,
  createdAt: isoTime(session.createdAt),
  lastActiveAt: isoTime(session.lastActiveAt),
  expiresAt: isoTime(session.expireAt),
  impersonatorId: typeof session.actor?.["sub"] === "string" ? session.actor["sub"] : null,
  device: deviceFromClerk(session.latestActivity),
});

const deviceFromClerk = (activity: ClerkSession["latestActivity"]): Session["device"] =>
  activity === undefined
    ? null
    : {
        type: activity.deviceType ?? null,
        mobile: activity.isMobile,
        browser: activity.browserName ?? null,
        browserVersion: activity.browserVersion ?? null,
        ip: activity.ipAddress ?? null,
        city: activity.city ?? null,
        country: activity.country ?? null,
      };
