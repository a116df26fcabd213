import { z } from "zod";
import { mastersOf, type RedisClient } from "../../src/redis/redis-client.ts";
import { type Finding, good, warn } from "./finding.ts";

const timeSchema = z.tuple([z.coerce.number(), z.coerce.number()]);
const tolerableSkewMs = 2_000;

/**
 * Whether this machine's clock agrees with that of Redis, of the worst of a cluster's masters: webhooks more than five
 * minutes off are refused.
 */
export async function checkClocks(redis: RedisClient, now: () => number): Promise<Finding[]> {
  const skews = await Promise.all(
    mastersOf(redis).map(async (master) => {
      const before = now();
      const [seconds, micros] = timeSchema.parse(await master.time());
      return Math.round(seconds * 1_000 + micros / 1_000 - (before + now()) / 2);
    }),
  );
  const skewMs = skews.reduce((worst, skew) => (Math.abs(skew) > Math.abs(worst) ? skew : worst), 0);
  const detail = `${skewMs} ms from that of Redis`;
  if (Math.abs(skewMs) < tolerableSkewMs) return [good("Clock", detail)];
  return [warn("Clock", detail, "synchronise the clocks (NTP): webhooks more than 5 minutes off are refused")];
}
