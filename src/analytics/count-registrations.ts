import type { AnalyticsDeps } from "./analytics-deps.ts";
import { isKept } from "./analytics-keys.ts";
import { countOnce } from "./count-once.ts";
import { startOf } from "./intervals.ts";

export interface Registration {
  readonly userId: string;
  /** By Clerk's clock, ms. It never changes, so a user always belongs to the same hour. */
  readonly createdAt: number;
}

/** Counts users in the hour of their creation, each once, however often it is told of them within two days. */
export async function countRegistrations(deps: AnalyticsDeps, registrations: readonly Registration[]): Promise<void> {
  const kept = registrations.filter(({ createdAt }) => isKept(createdAt, deps.now(), deps.config.retentionDays));
  const byHour = Map.groupBy(kept, ({ createdAt }) => startOf("hour", createdAt));
  await Promise.all(
    [...byHour].map(([at, users]) =>
      countOnce(deps, { event: "registered", of: "user", ids: users.map(({ userId }) => userId), at }),
    ),
  );
}
