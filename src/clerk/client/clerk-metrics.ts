import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../../shared/metrics.ts";

/** Creates the Clerk client's metrics. Call it once for each registry. */
export function createClerkMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: "bridge_clerk_requests_total",
      help: "Requests to Clerk's Backend API, each attempt, by operation and outcome",
      labelNames: ["operation", "outcome"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "bridge_clerk_request_seconds",
      help: "Time until Clerk responded",
      labelNames: ["operation"],
      buckets: secondsBuckets,
      registers,
    }),
    waitSeconds: new Histogram({
      name: "bridge_clerk_wait_seconds",
      help: "Time that calls waited within Clerk's rate limit",
      buckets: secondsBuckets,
      registers,
    }),
    throttled: new Counter({
      name: "bridge_clerk_throttled_total",
      help: "Calls that were not made because the rate limit left no room in time",
      registers,
    }),
    unreadableUsers: new Counter({
      name: "bridge_clerk_unreadable_users_total",
      help: "Users in lists of Clerk's that could not be parsed and were left out",
      registers,
    }),
    inFlight: new Gauge({ name: "bridge_clerk_requests_in_flight", help: "Requests that Clerk has now", registers }),
  };
}
