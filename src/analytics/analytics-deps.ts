import type { AnalyticsConfig } from "./analytics-config.ts";
import type { RedisClient } from "../redis/redis-client.ts";

export interface AnalyticsDeps {
  /** Must fail fast: requests wait for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly config: AnalyticsConfig;
  readonly now: () => number;
}
