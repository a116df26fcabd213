import { Counter, Histogram, type Registry } from "prom-client";

export type ReconciliationMetrics = ReturnType<typeof createReconciliationMetrics>;

/**
 * Creates the metrics of the reconciliation in the worker's registry. Each run is counted by the worker that executed it, so take the
 * sum over the workers.
 */
export function createReconciliationMetrics(registry: Registry) {
  const registers = [registry];
  return {
    runSeconds: new Histogram({
      name: "bridge_reconciliation_run_seconds",
      help: "Duration of a successful run",
      labelNames: ["kind"],
      buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 7_200],
      registers,
    }),
    failures: new Counter({
      name: "bridge_reconciliation_failures_total",
      help: "Runs that failed and are retried, by reason",
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
      help: "Missed changes found and queued, by kind; touched: a newer version that changes nothing published; fields: other fields by EVENT_FIELDS",
      labelNames: ["kind"],
      registers,
    }),
  };
}
