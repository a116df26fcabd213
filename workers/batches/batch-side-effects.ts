import { repeatsKnownForMs } from "../../src/analytics/analytics-keys.ts";
import { countRegistrations, type Registration } from "../../src/analytics/count-events.ts";
import { invalidateUsers } from "../../src/cache/invalidate-users.ts";
import { userIdOf } from "../../src/domain/change.ts";
import type { Decided } from "../../src/domain/decide-batch.ts";
import type { ShardContext } from "../context/shard-context.ts";

/**
 * Invalidates the cached users of a batch and counts its registrations, in one round trip. Never rejects: a failure is
 * counted and logged, and does not fail the batch.
 *
 * Clerk already has the changes, so nothing here waits for the commit. It covers all decisions instead of only those that
 * write: a batch that a crash repeats decides duplicates, and the crash may have come before these side effects.
 */
export async function runBatchSideEffects(context: ShardContext, decided: readonly Decided[]): Promise<void> {
  const { redis, redisPrefix, cache, analytics, metrics, log, now } = context;
  const userIds = [...new Set(decided.map(({ change }) => userIdOf(change)))];
  const invalidated = cache.ttlMs === 0 ? undefined : invalidateUsers(redis, redisPrefix, userIds);
  const registrations = registrationsOf(decided, now());
  const counted = countRegistrations({ redis, redisPrefix, config: analytics, now }, registrations);
  for (const result of await Promise.allSettled([invalidated, counted])) {
    if (result.status === "fulfilled") continue;
    metrics.sideEffectsFailed.inc();
    log.warn({ event: "batch.side_effects_failed", err: result.reason }, "Cache or analytics missed a batch");
  }
}

/**
 * The users to count as registered: those seen for the first time, and those created so recently that a second count would
 * be recognized. So a crash loses none of the new users, and no user counts twice. A restored user has registered before.
 */
function registrationsOf(decided: readonly Decided[], now: number): Registration[] {
  const registrations = new Map<string, Registration>();
  for (const { change, decision } of decided) {
    if (change.kind === "deletion") continue;
    const { user, createdAt } = change;
    if (change.source === "restore") continue;
    const isFirstSeen = decision.outcome === "publish" && decision.event.eventType === "user.created";
    if (isFirstSeen || createdAt > now - repeatsKnownForMs) registrations.set(user.id, { userId: user.id, createdAt });
  }
  return [...registrations.values()];
}
