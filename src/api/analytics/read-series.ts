import { z } from "@hono/zod-openapi";
import { ApiError } from "../../http/api-error.ts";
import { invalidInput } from "../http/create-router.ts";
import type { AnalyticsConfig } from "../../analytics/analytics-config.ts";
import type { Interval } from "../../analytics/intervals.ts";
import {
  type AnalyticsReader,
  type Series,
  type SeriesQuery,
  resolveSeries,
} from "../../analytics/analytics-reader.ts";

/** What the analytics routes work with. */
export interface AnalyticsRouteContext {
  readonly reader: AnalyticsReader;
  readonly config: AnalyticsConfig;
  /** The current time in ms. */
  readonly now: () => number;
}

const time = z.iso.datetime({ offset: true }).transform(Date.parse);

/** `from` and `to` of every series. */
export const timesSchema = z.strictObject({
  from: time.optional().openapi({
    type: "string",
    format: "date-time",
    description: "Start of the range; default: a span that suits the interval",
  }),
  to: time.optional().openapi({ type: "string", format: "date-time", description: "End of the range; default: now" }),
});

/** The start of an interval. */
export const startSchema = z.iso.datetime().openapi({ example: "2026-01-01T00:00:00.000Z" });

/**
 * Reads the values of a query's series. Throws {@link ApiError}s: 400 for a range that is empty, too long or outside the
 * retention period, 503 while Redis is unavailable.
 */
export async function readSeries<I extends Interval, T>(
  { config, now }: AnalyticsRouteContext,
  query: SeriesQuery<I>,
  read: (series: Series<I>) => Promise<readonly T[]>,
): Promise<readonly { readonly start: string; readonly value: T }[]> {
  const resolved = resolveSeries(query, now(), config.retentionDays);
  if (resolved.outcome === "rejected") throw invalidInput([resolved.issue]);
  const { series } = resolved;
  const values = await read(series).catch((cause: unknown) => {
    throw new ApiError(503, "analytics_unavailable", "The analytics are unavailable", {
      headers: { "retry-after": "5" },
      cause,
    });
  });
  return series.starts.flatMap((at, index) => {
    const value = values[index];
    return value === undefined ? [] : { start: new Date(at).toISOString(), value };
  });
}
