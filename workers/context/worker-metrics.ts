import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../../src/shared/metrics.ts";

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

/** The metrics of shards and batches. Call once for each registry. */
export function createWorkerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    owned: new Gauge({
      name: "bridge_shards_owned",
      help: "Shards that this worker drains now",
      registers,
    }),
    drops: new Counter({
      name: "bridge_shard_drops_total",
      help: "Shards dropped, by reason",
      labelNames: ["reason"],
      registers,
    }),
    restoreSeconds: new Histogram({
      name: "bridge_restore_seconds",
      help: "Time from taking a shard to draining it",
      buckets: secondsBuckets,
      registers,
    }),
    ledgerLosses: new Counter({
      name: "bridge_ledger_losses_total",
      help: "Losses of ledger data in Redis that were found; the ledger was then rebuilt from Kafka",
      registers,
    }),
    decided: new Counter({
      name: "bridge_messages_decided_total",
      help: "Messages decided, by outcome",
      labelNames: ["outcome"],
      registers,
    }),
    committed: new Counter({
      name: "bridge_events_committed_total",
      help: "Events committed to Kafka, by type",
      labelNames: ["type"],
      registers,
    }),
    deadLettered: new Counter({
      name: "bridge_messages_dead_lettered_total",
      help: "Messages stored as dead letters because they could not be decided",
      registers,
    }),
    batchMessages: new Histogram({
      name: "bridge_batch_messages",
      help: "Messages in a batch",
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000],
      registers,
    }),
    transactionSeconds: new Histogram({
      name: "bridge_transaction_seconds",
      help: "Time of one Kafka transaction",
      buckets: secondsBuckets,
      registers,
    }),
    endToEndSeconds: new Histogram({
      name: "bridge_end_to_end_seconds",
      help: "Time from receiving a message to its committed event",
      buckets: secondsBuckets,
      registers,
    }),
    sideEffectsFailed: new Counter({
      name: "bridge_batch_side_effects_failed_total",
      help: "Batches whose cache invalidation or analytics update failed",
      registers,
    }),
  };
}
