/** The lengths of an interval, in UTC; weeks begin on Monday. */
export const intervals = ["hour", "day", "week", "month"] as const;
export type Interval = (typeof intervals)[number];

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** The start of the interval that contains `at`, ms. */
export function startOf(interval: Interval, at: number): number {
  switch (interval) {
    case "hour":
      return at - (at % hourMs);
    case "day":
      return at - (at % dayMs);
    case "week": {
      const day = startOf("day", at);
      return day - ((new Date(day).getUTCDay() + 6) % 7) * dayMs;
    }
    case "month": {
      const date = new Date(at);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    }
  }
}

/** The start of the interval after the one that contains `at`, ms. */
export function startOfNext(interval: Interval, at: number): number {
  const start = startOf(interval, at);
  switch (interval) {
    case "hour":
      return start + hourMs;
    case "day":
      return start + dayMs;
    case "week":
      return start + 7 * dayMs;
    case "month": {
      const date = new Date(start);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    }
  }
}

/** The starts of all intervals that overlap `from` (included) to `to` (excluded); at most `maxCount` of them. */
export function startsBetween(interval: Interval, from: number, to: number, maxCount: number): number[] {
  const starts: number[] = [];
  for (let at = startOf(interval, from); at < to && starts.length < maxCount; at = startOfNext(interval, at))
    starts.push(at);
  return starts;
}
