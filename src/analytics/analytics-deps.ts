import type { Redis } from "ioredis";
import type { AnalyticsConfig } from "./analytics-config.ts";

export interface AnalyticsDeps {
  /** Must fail fast: requests wait for it. */
  readonly redis: Redis;
  readonly redisPrefix: string;
  readonly config: AnalyticsConfig;
  readonly now: () => number;
}
