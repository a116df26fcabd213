import { z } from "zod";
import type { AnalyticsDeps } from "./analytics-deps.ts";
import { analyticsKeys, type CountedEvent } from "./analytics-keys.ts";
import { startOfNext, startsBetween } from "./intervals.ts";
import type { Series } from "./series-range.ts";

export interface AnalyticsReader {
  /** How often each event happened, for each interval of the series: zeros included. Throws while Redis is away. */
  counts(series: Series<"hour" | "day">, events: readonly CountedEvent[]): Promise<number[][]>;
  /** How many users were active in each interval of the series, give or take 1 %. Throws while Redis is away. */
  activeUsers(series: Series<"day" | "week" | "month">): Promise<number[]>;
}

const countSchema = z.coerce.number().int().nonnegative();
const countsSchema = z.array(countSchema);
const daysOfLongestMonth = 31;

export function createAnalyticsReader({
  redis,
  redisPrefix,
}: Pick<AnalyticsDeps, "redis" | "redisPrefix">): AnalyticsReader {
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
