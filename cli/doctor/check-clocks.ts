import { z } from "zod";
import { type Finding, good, warn } from "./finding.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";

const timeSchema = z.tuple([z.coerce.number(), z.coerce.number()]);
const tolerableSkewMs = 2_000;

/** Whether this machine's clock agrees with that of Redis: webhooks more than five minutes off are refused. */
export async function checkClocks(redis: RedisClient, now: () => number): Promise<Finding[]> {
  const before = now();
  const [seconds, micros] = timeSchema.parse(await redis.time());
  const there = seconds * 1_000 + micros / 1_000;
  const skewMs = Math.round(there - (before + now()) / 2);
  const detail = `${skewMs} ms from that of Redis`;
  if (Math.abs(skewMs) < tolerableSkewMs) return [good("Clock", detail)];
  return [warn("Clock", detail, "synchronise the clocks (NTP): webhooks more than 5 minutes off are refused")];
}
