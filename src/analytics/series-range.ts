import { earliestKept } from "./analytics-keys.ts";
import { dayMs, hourMs, type Interval, startsBetween } from "./intervals.ts";

/** A row of intervals without a gap, each by its start, ms. */
export interface Series<I extends Interval = Interval> {
  readonly interval: I;
  readonly starts: readonly number[];
}

export interface SeriesQuery<I extends Interval> {
  readonly interval: I;
  /** ms; not before what is kept. Default: as far before `to` as fits the interval. */
  readonly from: number | undefined;
  /** ms. Default: now. */
  readonly to: number | undefined;
}

export type ResolvedSeries<I extends Interval> =
  | { readonly outcome: "resolved"; readonly series: Series<I> }
  | { readonly outcome: "refused"; readonly issue: { readonly path: readonly string[]; readonly message: string } };

const defaultSpan: Record<Interval, number> = {
  hour: 24 * hourMs,
  day: 30 * dayMs,
  week: 12 * 7 * dayMs,
  month: 365 * dayMs,
};
/** 31 days of hours. */
const mostIntervals = 31 * 24;

/** The intervals that a query asks for, or what is wrong with it. Pure. The future has no intervals. */
export function resolveSeries<I extends Interval>(
  { interval, from, to }: SeriesQuery<I>,
  now: number,
  retentionDays: number,
): ResolvedSeries<I> {
  const refuse = (path: string, message: string): ResolvedSeries<I> => ({
    outcome: "refused",
    issue: { path: [path], message },
  });
  const earliest = earliestKept(now, retentionDays);
  const end = Math.min(to ?? now, now);
  const start = from ?? Math.max(earliest, end - defaultSpan[interval]);
  if (start < earliest) return refuse("from", `Nothing older than ${retentionDays} days is kept`);
  if (start >= end) return refuse("to", "Must be later than `from`, which must not lie in the future");
  const starts = startsBetween(interval, start, end, mostIntervals + 1);
  if (starts.length > mostIntervals) return refuse("from", `More than ${mostIntervals} intervals of one ${interval}`);
  return { outcome: "resolved", series: { interval, starts } };
}
