import type { AnalyticsDeps } from "../../src/analytics/analytics-deps.ts";
import { repeatsKnownForMs } from "../../src/analytics/analytics-keys.ts";
import { countRegistrations, type Registration } from "../../src/analytics/count-registrations.ts";
import type { CacheConfig } from "../../src/cache/cache-config.ts";
import { invalidateUsers } from "../../src/cache/invalidate-users.ts";
import { userIdOf } from "../../src/domain/change.ts";
import type { Decided } from "../../src/domain/decide-batch.ts";
import type { Logger } from "../../src/shared/logger.ts";
import type { BatchMetrics } from "./batch-metrics.ts";

export interface BatchSideEffectsOptions extends Omit<AnalyticsDeps, "config"> {
  readonly cache: CacheConfig;
  readonly analytics: AnalyticsDeps["config"];
  readonly metrics: Pick<BatchMetrics, "sideEffectsFailed">;
  readonly log: Logger;
}

/** Never rejects: what follows from a batch is not worth the batch. */
export type BatchSideEffects = (decided: readonly Decided<unknown>[]) => Promise<void>;

/**
 * What follows from a batch, in one round trip: the cache forgets its users, the new ones are counted. Clerk has their
 * changes already, so nothing here waits for the commit. It goes by all that was decided, not by what moved: a batch that
 * is repeated after a crash moves nothing any more, and the crash may have come before this.
 */
export const createBatchSideEffects =
  ({ cache, analytics, metrics, log, ...deps }: BatchSideEffectsOptions): BatchSideEffects =>
  async (decided) => {
    const userIds = [...new Set(decided.map(({ candidate }) => userIdOf(candidate.change)))];
    const invalidated = cache.ttlMs === 0 ? undefined : invalidateUsers(deps.redis, deps.redisPrefix, userIds);
    const counted = countRegistrations({ ...deps, config: analytics }, registrationsOf(decided, deps.now()));
    for (const result of await Promise.allSettled([invalidated, counted])) {
      if (result.status === "fulfilled") continue;
      metrics.sideEffectsFailed.inc();
      log.warn({ event: "batch.not_followed_up", err: result.reason }, "Cache or analytics missed a batch");
    }
  };

/**
 * The users to count as registered: those first seen, and those so new that it is known whether they were counted. So a
 * crash loses none of the new, and none is counted twice.
 */
function registrationsOf(decided: readonly Decided<unknown>[], now: number): Registration[] {
  const registrations = new Map<string, Registration>();
  for (const { candidate, decision } of decided) {
    if (candidate.change.kind === "deletion") continue;
    const { user, createdAt } = candidate.change;
    const isFirstSight = decision.outcome === "publish" && decision.event.eventType === "user.created";
    if (isFirstSight || createdAt > now - repeatsKnownForMs) registrations.set(user.id, { userId: user.id, createdAt });
  }
  return [...registrations.values()];
}
