import { analyticsPrefix } from "../redis/keys.ts";
import { dayMs, hourMs, startOf } from "./intervals.ts";

/** Events of this API that the analytics count, in addition to Clerk's messages. */
export type SecurityEvent =
  | "token_rejected"
  | "password_accepted"
  | "password_rejected"
  | "admin_denied"
  | "rate_limited";

/** Where the bridge learned of a new user. */
export type RegistrationSource = "webhook" | "api" | "backfill" | "reconciliation";

/** The events counted by hour and by day. */
export type CountedEvent =
  | "signed_in"
  | "signed_out"
  | "revoked"
  | `registered_by_${RegistrationSource}`
  | SecurityEvent;

/** How long after its hour a repeated message is recognized. Svix retries for 28 hours. */
export const repeatsKnownForMs = 48 * hourMs;

/**
 * The keys of the analytics, all in one slot and all with an expiry: counts expire with the retention period, the ids of
 * messages and users after {@link repeatsKnownForMs}.
 *
 *     hour:<2026-11-24T12>, day:<2026-11-24>   hash   event -> count
 *     seen:<kind>:<2026-11-24T12>              set    counted ids of that hour
 *     active:<2026-11-24>                      HyperLogLog of the users active on that day (12 KB at most)
 */
export function analyticsKeys(redisPrefix: string) {
  const slot = analyticsPrefix(redisPrefix);
  return {
    hour: (at: number) => `${slot}:hour:${hourName(at)}`,
    day: (at: number) => `${slot}:day:${dayName(at)}`,
    seen: (kind: "message" | "user", at: number) => `${slot}:seen:${kind}:${hourName(at)}`,
    active: (at: number) => `${slot}:active:${dayName(at)}`,
  };
}

const hourName = (at: number) => new Date(at).toISOString().slice(0, 13);
const dayName = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Whether an event of that time is counted: within the retention period and at most an hour in the future. */
export const isKept = (at: number, now: number, retentionDays: number): boolean =>
  at >= earliestKept(now, retentionDays) && at <= now + hourMs;

/** The start of the first day within the retention period, ms. */
export const earliestKept = (now: number, retentionDays: number): number => startOf("day", now) - retentionDays * dayMs;

/** When the counts of a day and of its hours expire, ms. */
export const countsEndAt = (at: number, retentionDays: number): number =>
  startOf("day", at) + (retentionDays + 2) * dayMs;

/** When a day's active users expire, ms. They live a month longer, for a month that began before the retention period. */
export const activeEndsAt = (at: number, retentionDays: number): number => countsEndAt(at, retentionDays) + 31 * dayMs;
