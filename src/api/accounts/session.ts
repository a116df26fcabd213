import type { Session as ClerkSession } from "@clerk/backend";
import { z } from "@hono/zod-openapi";

export const sessionStatuses = ["active", "abandoned", "ended", "expired", "removed", "replaced", "revoked"] as const;

export const sessionSchema = z
  .object({
    id: z.string(),
    status: z.string().openapi({ description: "`active`, or how it ended" }),
    createdAt: z.iso.datetime(),
    lastActiveAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    impersonatorId: z.string().nullable().openapi({ description: "Who acts as this user, when it is not the user" }),
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
      .openapi({ description: "Where it was last used, as far as Clerk knows" }),
  })
  .openapi("Session");
export type Session = z.infer<typeof sessionSchema>;

const isoTime = (ms: number) => new Date(ms).toISOString();

/** The session as the API answers it. */
export const sessionFromClerk = (session: ClerkSession): Session => ({
  id: session.id,
  status: session.status,
  createdAt: isoTime(session.createdAt),
  lastActiveAt: isoTime(session.lastActiveAt),
  expiresAt: isoTime(session.expireAt),
  impersonatorId: typeof session.actor?.["sub"] === "string" ? session.actor["sub"] : null,
  device: deviceOf(session.latestActivity),
});

const deviceOf = (activity: ClerkSession["latestActivity"]): Session["device"] =>
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
