import type { Logger } from "../logger.ts";
import type { SecurityCounter } from "./analytics.ts";
import type { AnalyticsDeps } from "./analytics-deps.ts";
import { analyticsKeys, countsEndAt } from "./analytics-keys.ts";

/** Counts security events by hour and day in Redis. What happens while Redis is away is not counted. */
export function openSecurityCounter(deps: AnalyticsDeps & { readonly log: Logger }): SecurityCounter {
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
