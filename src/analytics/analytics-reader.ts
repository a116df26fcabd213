import { z } from "zod";
import type { RedisClient } from "../redis/redis-client.ts";
import { analyticsKeys, type CountedEvent } from "./analytics-keys.ts";
import { startOfNext, startsBetween } from "./intervals.ts";
import type { Series } from "./series-range.ts";

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
