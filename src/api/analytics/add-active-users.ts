import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { type AnalyticsRouteDeps, readSeries, startSchema, timesSchema } from "./read-series.ts";

const intervalSchema = z.enum(["day", "week", "month"]).default("day");

const route = createRoute({
  method: "get",
  path: "/api/analytics/active-users",
  tags: ["Analytics"],
  summary: "How many users were active by day, week or month",
  description:
    "Needs `analytics:read`. A user is active on the day of a sign-in, and on the day when a session that was signed out " +
    "or revoked was last used; who only stays signed in is not seen. Counted with HyperLogLog: off by 1 % or so. Whole " +
    "days, weeks (from Monday) or months of UTC.",
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

export function addActiveUsers(api: ApiApp, deps: AnalyticsRouteDeps): void {
  api.openapi(route, async (c) => {
    const { interval, from, to } = c.req.valid("query");
    const read = await readSeries(deps, { interval, from, to }, (series) => deps.analyticsReader.activeUsers(series));
    return c.json({ interval, points: read.map(({ start, value }) => ({ start, activeUsers: value })) }, 200);
  });
}
