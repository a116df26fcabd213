import { createRoute, z } from "@hono/zod-openapi";
import type { CountedEvent } from "../../analytics/analytics-keys.ts";
import { requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import { type AnalyticsRouteContext, readSeries, startSchema, timesSchema } from "./read-series.ts";

/** A series of counts: its path, and the name of each number in the response. */
interface CountSeries {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly events: Readonly<Record<string, CountedEvent>>;
  /** Numbers that follow from those of the events. */
  readonly derived?: Readonly<Record<string, DerivedNumber>>;
}

type Counts = Readonly<Record<string, number>>;
interface DerivedNumber {
  readonly schema: z.ZodType<number | null>;
  readonly of: (counts: Counts) => number | null;
}

const count = z.int().nonnegative();
const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, value) => sum + value, 0);
const total: DerivedNumber = { schema: count, of: sumOf };
const successRate: DerivedNumber = {
  schema: z.number().min(0).max(1).nullable().openapi({ description: "Null without attempts" }),
  of: (counts) => (sumOf(counts) === 0 ? null : (counts["successes"] ?? 0) / sumOf(counts)),
};

const countSeries = [
  {
    path: "/api/analytics/sessions",
    operationId: "countSessions",
    summary: "Count sign-ins, sign-outs and revoked sessions",
    description: "Counted from Clerk's `session.*` webhooks, in the hour when they happened.",
    events: { signIns: "signed_in", signOuts: "signed_out", revocations: "revoked" },
  },
  {
    path: "/api/analytics/registrations",
    operationId: "countRegistrations",
    summary: "Count new users",
    description:
      "Each user counts once, in the hour of their creation in Clerk, by the message that the bridge saw first: Clerk's webhook, a call of this API, a backfill, or a reconciliation that found a missed webhook.",
    events: {
      byWebhook: "registered_by_webhook",
      byApi: "registered_by_api",
      byBackfill: "registered_by_backfill",
      byReconciliation: "registered_by_reconciliation",
    },
    derived: { registrations: total },
  },
  {
    path: "/api/analytics/logins",
    operationId: "countLogins",
    summary: "Count password checks and their success rate",
    description: "The calls of `POST /api/auth/verify-password`. They are not counted while Redis is unavailable.",
    events: { successes: "password_accepted", failures: "password_rejected" },
    derived: { attempts: total, successRate },
  },
  {
    path: "/api/analytics/security-events",
    operationId: "countSecurityEvents",
    summary: "Count rejected tokens and passwords, denied calls and rate-limited callers",
    description: "Events are not counted while Redis is unavailable.",
    events: {
      tokensRejected: "token_rejected",
      passwordsRejected: "password_rejected",
      adminCallsDenied: "admin_denied",
      callersLimited: "rate_limited",
    },
  },
] as const satisfies readonly CountSeries[];

/** Adds `GET /api/analytics/…`. */
export function addAnalyticsRoutes(api: ApiApp, context: AnalyticsRouteContext): void {
  for (const series of countSeries) addCountSeries(api, context, series);
  addActiveUsers(api, context);
}

function addCountSeries(api: ApiApp, context: AnalyticsRouteContext, series: CountSeries): void {
  const intervalSchema = z.enum(["hour", "day"]).default("day");
  const names = Object.keys(series.events);
  const derived = Object.entries(series.derived ?? {});
  const countsSchema = z.object({
    ...Object.fromEntries(names.map((name) => [name, count])),
    ...Object.fromEntries(derived.map(([name, { schema }]) => [name, schema])),
  });
  const route = createRoute({
    method: "get",
    operationId: series.operationId,
    path: series.path,
    tags: ["Analytics"],
    summary: series.summary,
    description: `Needs \`analytics:read\`. ${series.description} Covers whole hours or days in UTC, including those with a count of zero.`,
    security: bearer,
    middleware: [requires("analytics:read")] as const,
    request: { query: timesSchema.extend({ interval: intervalSchema }) },
    responses: {
      200: {
        description: "The series and its totals",
        content: {
          "application/json": {
            schema: z.object({
              interval: intervalSchema,
              points: z.array(z.object({ start: startSchema, counts: countsSchema })),
              totals: countsSchema,
            }),
          },
        },
      },
      ...errorResponses(400),
    },
  });
  const nameAll = (valueOf: (index: number) => number) => {
    const counts = Object.fromEntries(names.map((name, index) => [name, valueOf(index)]));
    return { ...counts, ...Object.fromEntries(derived.map(([name, { of }]) => [name, of(counts)])) };
  };

  api.openapi(route, async (c) => {
    const { interval, from, to } = c.req.valid("query");
    const read = await readSeries(context, { interval, from, to }, (range) =>
      context.reader.counts(range, Object.values(series.events)),
    );
    const points = read.map(({ start, value }) => ({ start, counts: nameAll((index) => value[index] ?? 0) }));
    const totals = nameAll((index) => read.reduce((sum, { value }) => sum + (value[index] ?? 0), 0));
    return c.json({ interval, points, totals }, 200);
  });
}

function addActiveUsers(api: ApiApp, context: AnalyticsRouteContext): void {
  const intervalSchema = z.enum(["day", "week", "month"]).default("day");
  const route = createRoute({
    method: "get",
    operationId: "countActiveUsers",
    path: "/api/analytics/active-users",
    tags: ["Analytics"],
    summary: "Count active users by day, week or month",
    description:
      "Needs `analytics:read`. A user is active on the day of a sign-in, and on the last day of use of a session that was " +
      "signed out or revoked. A user who only stays signed in is not counted. The numbers are estimates (HyperLogLog) " +
      "within about 1 %. Covers whole days, weeks (from Monday) or months in UTC.",
    security: bearer,
    middleware: [requires("analytics:read")] as const,
    request: { query: timesSchema.extend({ interval: intervalSchema }) },
    responses: {
      200: {
        description: "The series",
        content: {
          "application/json": {
            schema: z.object({
              interval: intervalSchema,
              points: z.array(z.object({ start: startSchema, activeUsers: z.int().nonnegative() })),
            }),
          },
        },
      },
      ...errorResponses(400),
    },
  });

  api.openapi(route, async (c) => {
    const { interval, from, to } = c.req.valid("query");
    const read = await readSeries(context, { interval, from, to }, (series) => context.reader.activeUsers(series));
    return c.json({ interval, points: read.map(({ start, value }) => ({ start, activeUsers: value })) }, 200);
  });
}
