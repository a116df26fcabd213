import { z } from "zod";
import type { RedisClient } from "../redis/redis-client.ts";
import { type CountedEvent, analyticsKeys, earliestKept } from "./analytics-keys.ts";
import { type Interval, dayMs, hourMs, startOfNext, startsBetween } from "./intervals.ts";

export interface AnalyticsReader {
  /** The count of each event in each interval of the series, zeros included. Throws while Redis is unavailable. */
  counts(series: Series<"hour" | "day">, events: readonly CountedEvent[]): Promise<number[][]>;
  /** The number of active users in each interval of the series, within about 1 %. Throws while Redis is unavailable. */
  activeUsers(series: Series<"day" | "week" | "month">): Promise<number[]>;
}

const countSchema = z.coerce.number().int().nonnegative();
const countsSchema = z.array(countSchema);
const daysOfLongestMonth = 31;

export function createAnalyticsReader(redis: RedisClient, redisPrefix: string): AnalyticsReader {
  const keys = analyticsKeys(redisPrefix);
  return {
    counts: ({ interval, starts }, events) =>
      Promise.all(starts.map(async (at) => countsSchema.parse(await redis.hmget(keys[interval](at), ...events)))),
    activeUsers: ({ interval, starts }) =>
      Promise.all(
        starts.map(async (at) => {
          const days = startsBetween("day", at, startOfNext(interval, at), daysOfLongestMonth);
          return countSchema.parse(await redis.pfcount(...days.map((day) => keys.active(day))));
        }),
      ),
  };
}

/** Consecutive intervals, each given by its start in ms. */
export interface Series<I extends Interval = Interval> {
  readonly interval: I;
  readonly starts: readonly number[];
}

export interface SeriesQuery<I extends Interval> {
  readonly interval: I;
  /** ms, within the retention period. Default: a span before `to` that suits the interval. */
  readonly from: number | undefined;
  /** ms. Default: now. */
  readonly to: number | undefined;
}

export type ResolvedSeries<I extends Interval> =
  | { readonly outcome: "resolved"; readonly series: Series<I> }
  | { readonly outcome: "rejected"; readonly issue: { readonly path: readonly string[]; readonly message: string } };

const defaultSpan: Record<Interval, number> = {
  hour: 24 * hourMs,
  day: 30 * dayMs,
  week: 12 * 7 * dayMs,
  month: 365 * dayMs,
};
/** 31 days of hours. */
const maxIntervals = 31 * 24;

/** The intervals of a query, or the reason why it is rejected. Intervals in the future are left out. Pure. */
export function resolveSeries<I extends Interval>(
  { interval, from, to }: SeriesQuery<I>,
  now: number,
  retentionDays: number,
): ResolvedSeries<I> {
  const reject = (path: string, message: string): ResolvedSeries<I> => ({
    outcome: "rejected",
    issue: { path: [path], message },
  });
  const earliest = earliestKept(now, retentionDays);
  const end = Math.min(to ?? now, now);
  const start = from ?? Math.max(earliest, end - defaultSpan[interval]);
  if (start < earliest) return reject("from", `Must not be more than ${retentionDays} days ago`);
  if (start >= end) return reject("to", "Must be later than `from`, which must not be in the future");
  const starts = startsBetween(interval, start, end, maxIntervals + 1);
  if (starts.length > maxIntervals)
    return reject("from", `Must not span more than ${maxIntervals} intervals of one ${interval}`);
  return { outcome: "resolved", series: { interval, starts } };
}
