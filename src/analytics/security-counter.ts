import type { Logger } from "../shared/logger.ts";
import type { AnalyticsContext } from "./analytics-config.ts";
import { analyticsKeys, countsEndAt, type SecurityEvent } from "./analytics-keys.ts";

/** Counts security events. Never throws, because a count is not worth a failed request. */
export interface SecurityCounter {
  count(event: SecurityEvent): Promise<void>;
}

/** Counts security events by hour and day in Redis. Events are not counted while Redis is unavailable. */
export function createSecurityCounter(context: AnalyticsContext & { readonly log: Logger }): SecurityCounter {
  const { redis, redisPrefix, config, now, log } = context;
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
