import { Counter, type Registry } from "prom-client";

export type UserMetrics = ReturnType<typeof createUserMetrics>;

/** The metrics of the user API. To be created once per registry. */
export function createUserMetrics(registry: Registry) {
  const registers = [registry];
  return {
    changes: new Counter({
      name: "bridge_api_changes_total",
      help: "Changes made through the API, by outcome: queued immediately, or left to Clerk's webhook",
      labelNames: ["outcome"],
      registers,
    }),
    cacheReads: new Counter({
      name: "bridge_cache_reads_total",
      help: "Reads of users and pages through the cache, by outcome",
      labelNames: ["entry", "outcome"],
      registers,
    }),
    cacheInvalidationsFailed: new Counter({
      name: "bridge_cache_invalidations_failed_total",
      help: "Changes whose cache invalidation failed because Redis was unavailable",
      registers,
    }),
  };
}
