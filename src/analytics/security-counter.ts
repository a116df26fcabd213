import type { Logger } from "../shared/logger.ts";
import type { AnalyticsDeps } from "./analytics-deps.ts";
import { analyticsKeys, countsEndAt } from "./analytics-keys.ts";

/** What the analytics count besides what Clerk's messages say. */
export type SecurityEvent = "token_rejected" | "password_rejected" | "admin_denied" | "rate_limited";

/** Counts security events. Never throws: numbers are not worth a failed request. */
export interface SecurityCounter {
  count(event: SecurityEvent): Promise<void>;
}

/** Counts security events by hour and day in Redis. What happens while Redis is away is not counted. */
export function createSecurityCounter(deps: AnalyticsDeps & { readonly log: Logger }): SecurityCounter {
  const { redis, redisPrefix, config, now, log } = deps;
  const keys = analyticsKeys(redisPrefix);
  return {
    count: async (event) => {
      const at = now();
      const endsAt = countsEndAt(at, config.retentionDays);
      const [hour, day] = [keys.hour(at), keys.day(at)];
      try {
        await redis
          .multi()
          .hincrby(hour, event, 1)
          .pexpireat(hour, endsAt)
          .hincrby(day, event, 1)
          .pexpireat(day, endsAt)
          .exec();
      } catch (error) {
        log.debug({ event: "analytics.not_counted", counted: event, err: error }, "Security event was not counted");
      }
    },
  };
}
