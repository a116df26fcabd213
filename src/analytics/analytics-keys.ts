import type { SecurityEvent } from "./security-counter.ts";
import { dayMs, hourMs, startOf } from "./intervals.ts";

/** What is counted by hour and by day. */
export type CountedEvent = "signed_in" | "signed_out" | "revoked" | "registered" | SecurityEvent;

/** How long, after the hour in which something happened, a repetition of its message is recognized. Svix retries for 28 h. */
export const repeatsKnownForMs = 48 * hourMs;

/**
 * The keys of the analytics, all in one slot and all with an end: what Redis keeps is bounded by the retention, and the
 * ids, of which there is one for each message or user, by {@link repeatsKnownForMs}.
 *
 *     hour:<2026-11-24T12>, day:<2026-11-24>   hash   event -> how often
 *     seen:<kind>:<2026-11-24T12>              set    ids of what was counted and happened in that hour
 *     active:<2026-11-24>                      HyperLogLog of the users active on that day (12 KB at most)
 */
export function analyticsKeys(redisPrefix: string) {
  const slot = `{${redisPrefix}:analytics}`;
  return {
    hour: (at: number) => `${slot}:hour:${hourName(at)}`,
    day: (at: number) => `${slot}:day:${dayName(at)}`,
    seen: (kind: "message" | "user", at: number) => `${slot}:seen:${kind}:${hourName(at)}`,
    active: (at: number) => `${slot}:active:${dayName(at)}`,
  };
}

const hourName = (at: number) => new Date(at).toISOString().slice(0, 13);
const dayName = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Whether something that happened then is counted: not before what is kept, nor so late that its clock must be wrong. */
export const isKept = (at: number, now: number, retentionDays: number): boolean =>
  at >= earliestKept(now, retentionDays) && at <= now + hourMs;

/** The start of the first day that is kept whole, ms. */
export const earliestKept = (now: number, retentionDays: number): number => startOf("day", now) - retentionDays * dayMs;

/** When the counts of a day or of one of its hours end, ms. */
export const countsEndAt = (at: number, retentionDays: number): number =>
  startOf("day", at) + (retentionDays + 2) * dayMs;

/** When a day's active users end, ms: a month later, for the months that began before the first day that is kept. */
export const activeEndsAt = (at: number, retentionDays: number): number => countsEndAt(at, retentionDays) + 31 * dayMs;
