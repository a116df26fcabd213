import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export type ReconciliationMetrics = ReturnType<typeof createReconciliationMetrics>;

/**
 * What the reconciliation counts, in the worker's registry; once a process. A run is counted by the worker that ran it: take
 * the sum, or for gauges the greatest, over the workers.
 */
export function createReconciliationMetrics(registry: Registry) {
  const registers = [registry];
  return {
    lastRun: new Gauge({
      name: "bridge_reconciliation_last_run_timestamp_seconds",
      help: "When the last run that succeeded here ended, by kind: recent changes, or a full sweep",
      labelNames: ["kind"],
      registers,
    }),
    runSeconds: new Histogram({
      name: "bridge_reconciliation_run_seconds",
      help: "Time of a run that succeeded",
      labelNames: ["kind"],
      buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 7_200],
      registers,
    }),
    failures: new Counter({
      name: "bridge_reconciliation_failures_total",
      help: "Runs that failed, by reason; they are tried again",
      labelNames: ["reason"],
      registers,
    }),
    compared: new Counter({
      name: "bridge_reconciliation_users_compared_total",
      help: "Users of Clerk compared with the ledger",
      registers,
    }),
    found: new Counter({
      name: "bridge_reconciliation_found_total",
      help: "Missed changes found and queued, by kind; touched: a newer version that changes nothing published",
      labelNames: ["kind"],
      registers,
    }),
    lagSeconds: new Gauge({
      name: "bridge_reconciliation_lag_seconds",
      help: "How old the oldest missed change was that the last run found; 0 when it found none",
      registers,
    }),
    withheld: new Gauge({
      name: "bridge_reconciliation_deletions_withheld",
      help: "Users missing in Clerk of whom the last sweep published nothing because they are so many",
      registers,
    }),
  };
}
