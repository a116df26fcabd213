import type { z } from "zod";
import type { RedisClient } from "../redis/redis-client.ts";
import { positive } from "../shared/environment.ts";

export const ANALYTICS_ENVIRONMENT = {
  ANALYTICS_RETENTION_DAYS: positive
    .max(400)
    .default(90)
    .describe("Days of history that GET /api/analytics covers; older counts are dropped from Redis"),
};
type Environment = z.infer<z.ZodObject<typeof ANALYTICS_ENVIRONMENT>>;

export interface AnalyticsConfig {
  readonly retentionDays: number;
}

export const toAnalyticsConfig = (env: Environment): AnalyticsConfig => ({
  retentionDays: env.ANALYTICS_RETENTION_DAYS,
});

/** What every function of the analytics works with. */
export interface AnalyticsContext {
  /** A connection that fails fast, because requests wait for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly config: AnalyticsConfig;
  /** The current time in ms. */
  readonly now: () => number;
}
