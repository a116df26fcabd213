import { Counter, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../../src/shared/metrics.ts";

export type BatchMetrics = ReturnType<typeof createBatchMetrics>;

/** What batches count. Call once for each registry. */
export function createBatchMetrics(registry: Registry) {
  const registers = [registry];
  return {
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
