import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import type { CountedEvent } from "../../analytics/analytics-keys.ts";
import { type AnalyticsRouteDeps, readSeries, startSchema, timesSchema } from "./read-series.ts";

/** One series of counts: its path, and what its numbers are called. */
export interface CountSeries {
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly events: Readonly<Record<string, CountedEvent>>;
}

const intervalSchema = z.enum(["hour", "day"]).default("day");

/** `GET` of a series of counts by hour or by day, with the sums. */
export function addCountSeries(api: ApiApp, deps: AnalyticsRouteDeps, series: CountSeries): void {
  const names = Object.keys(series.events);
  const countsSchema = z.object(Object.fromEntries(names.map((name) => [name, z.int().nonnegative()])));
  const route = createRoute({
    method: "get",
    path: series.path,
    tags: ["Analytics"],
    summary: series.summary,
    description: `Needs \`analytics:read\`. ${series.description} Whole hours or days of UTC, those without any included.`,
    security: bearer,
    middleware: [requires("analytics:read")] as const,
    request: { query: timesSchema.extend({ interval: intervalSchema }) },
    responses: {
      200: {
        description: "The series, and its sums",
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
  const nameAll = (valueOf: (index: number) => number) =>
    Object.fromEntries(names.map((name, index) => [name, valueOf(index)]));

  api.openapi(route, async (c) => {
    const { interval, from, to } = c.req.valid("query");
    const read = await readSeries(deps, { interval, from, to }, (range) =>
      deps.analyticsReader.counts(range, Object.values(series.events)),
    );
    const points = read.map(({ start, value }) => ({ start, counts: nameAll((index) => value[index] ?? 0) }));
    const totals = nameAll((index) => read.reduce((sum, { value }) => sum + (value[index] ?? 0), 0));
    return c.json({ interval, points, totals }, 200);
  });
}
