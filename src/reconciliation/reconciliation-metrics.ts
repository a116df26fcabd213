import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export type ReconciliationMetrics = ReturnType<typeof createReconciliationMetrics>;

/**
 * Creates the metrics of the reconciliation in the worker's registry. Each run is counted by the worker that executed it, so take the
 * sum over the workers, or the maximum of a gauge.
 */
export function createReconciliationMetrics(registry: Registry) {
  const registers = [registry];
  return {
    lastRun: new Gauge({
      name: "bridge_reconciliation_last_run_timestamp_seconds",
      help: "When the last successful run of this worker ended, by kind (recent or full)",
      labelNames: ["kind"],
      registers,
    }),
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
    lagSeconds: new Gauge({
      name: "bridge_reconciliation_lag_seconds",
      help: "Age of the oldest missed change that the last run found; 0 when it found none",
      registers,
    }),
    skippedShards: new Gauge({
      name: "bridge_reconciliation_skipped_shards",
      help: "Shards that the last run skipped because their ledgers were incomplete",
      registers,
    }),
    withheld: new Gauge({
      name: "bridge_reconciliation_deletions_withheld",
      help: "Deletions withheld because the last sweep found too many missing users",
      registers,
    }),
  };
}
