import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../../shared/metrics.ts";

/** What the Clerk client counts, in the process's registry. Once a process. */
export function createClerkMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: "bridge_clerk_requests_total",
      help: "Calls of Clerk's Backend API, each attempt, by operation and outcome",
      labelNames: ["operation", "outcome"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "bridge_clerk_request_seconds",
      help: "Time until Clerk answered",
      labelNames: ["operation"],
      buckets: secondsBuckets,
      registers,
    }),
    waitSeconds: new Histogram({
      name: "bridge_clerk_wait_seconds",
      help: "Time that calls waited for their turn within Clerk's rate limit",
      buckets: secondsBuckets,
      registers,
    }),
    turnedAway: new Counter({
      name: "bridge_clerk_turned_away_total",
      help: "Calls whose turn did not come in time",
      registers,
    }),
    underWay: new Gauge({ name: "bridge_clerk_requests_under_way", help: "Calls that Clerk has now", registers }),
  };
}
