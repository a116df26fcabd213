import { z } from "@hono/zod-openapi";
import { ApiError } from "../../http/api-error.ts";
import { invalidInput } from "../http/create-router.ts";
import type { AnalyticsConfig } from "../../analytics/analytics-config.ts";
import type { Interval } from "../../analytics/intervals.ts";
import type { AnalyticsReader } from "../../analytics/analytics-reader.ts";
import { resolveSeries, type Series, type SeriesQuery } from "../../analytics/series-range.ts";

export interface AnalyticsRouteDeps {
  readonly analyticsReader: AnalyticsReader;
  readonly config: AnalyticsConfig;
  readonly now: () => number;
}

const time = z.iso.datetime({ offset: true }).transform(Date.parse);

/** `from` and `to` of every series. */
export const timesSchema = z.object({
  from: time
    .optional()
    .openapi({ type: "string", format: "date-time", description: "Default: a span that suits the interval" }),
  to: time.optional().openapi({ type: "string", format: "date-time", description: "Default: now" }),
});

/** The start of an interval. */
export const startSchema = z.iso.datetime().openapi({ example: "2026-01-01T00:00:00.000Z" });

/**
 * Reads what a query asks for. Throws {@link ApiError}s: 400 for a range that is not kept, not a range or too long, 503
 * while Redis is away.
 */
export async function readSeries<I extends Interval, T>(
  { config, now }: AnalyticsRouteDeps,
  query: SeriesQuery<I>,
  read: (series: Series<I>) => Promise<readonly T[]>,
): Promise<readonly { readonly start: string; readonly value: T }[]> {
  const resolved = resolveSeries(query, now(), config.retentionDays);
  if (resolved.outcome === "refused") throw invalidInput([resolved.issue]);
  const { series } = resolved;
  const values = await read(series).catch((cause: unknown) => {
    throw new ApiError(503, "analytics_unavailable", "The analytics cannot be read at the moment", {
      headers: { "retry-after": "5" },
      cause,
    });
  });
  return series.starts.flatMap((at, index) => {
    const value = values[index];
    return value === undefined ? [] : { start: new Date(at).toISOString(), value };
  });
}
