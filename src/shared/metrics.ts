import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** A registry with the process's own metrics; each process has one. */
function createRegistry(process: "api" | "worker"): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  return registry;
}

export type ApiMetrics = ReturnType<typeof createApiMetrics>;
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

/** What the receiver counts. */
export function createApiMetrics() {
  const registry = createRegistry("api");
  const registers = [registry];
  return {
    registry,
    received: new Counter({ name: "bridge_webhooks_received_total", help: "Webhook requests", registers }),
    rejected: new Counter({
      name: "bridge_webhooks_rejected_total",
      help: "Webhook requests refused, by reason",
      labelNames: ["reason"],
      registers,
    }),
    accepted: new Counter({
      name: "bridge_webhooks_accepted_total",
      help: "Verified messages answered with 2xx, by what became of them",
      labelNames: ["outcome"],
      registers,
    }),
    ignored: new Counter({
      name: "bridge_webhooks_ignored_total",
      help: "Verified messages of types that are not bridged, by type",
      labelNames: ["type"],
      registers,
    }),
    audited: new Counter({
      name: "bridge_audit_entries_total",
      help: "Audit entries, by what became of them: recorded, or only logged because Redis was away",
      labelNames: ["outcome"],
      registers,
    }),
    snapshots: new Counter({
      name: "bridge_snapshots_total",
      help: "Changes made by the API that were to go to Kafka at once, by outcome: queued, or left to the webhook",
      labelNames: ["outcome"],
      registers,
    }),
    cacheReads: new Counter({
      name: "bridge_cache_reads_total",
      help: "Reads of users and pages through the cache, by what they came to",
      labelNames: ["entry", "outcome"],
      registers,
    }),
    cacheInvalidationsFailed: new Counter({
      name: "bridge_cache_invalidations_failed_total",
      help: "Changes after which Redis could not be told that cached users are old",
      registers,
    }),
    queueSeconds: new Histogram({
      name: "bridge_queue_write_seconds",
      help: "Time until Redis held a message",
      buckets: secondsBuckets,
      registers,
    }),
  };
}

/** What the worker counts. `countOwned` is asked at each reading of the metrics. */
export function createWorkerMetrics(countOwned: () => number = () => 0) {
  const registry = createRegistry("worker");
  const registers = [registry];
  return {
    registry,
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
      help: "Messages put aside because they could not be decided",
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
    restoreSeconds: new Histogram({
      name: "bridge_restore_seconds",
      help: "Time from taking a shard to draining it",
      buckets: secondsBuckets,
      registers,
    }),
    endToEndSeconds: new Histogram({
      name: "bridge_end_to_end_seconds",
      help: "Time from receiving a message to its committed event",
      buckets: secondsBuckets,
      registers,
    }),
    shardsOwned: new Gauge({
      name: "bridge_shards_owned",
      help: "Shards this worker drains now",
      registers,
      collect() {
        this.set(countOwned());
      },
    }),
    shardDrops: new Counter({
      name: "bridge_shard_drops_total",
      help: "Shards dropped, by reason",
      labelNames: ["reason"],
      registers,
    }),
    followUpsFailed: new Counter({
      name: "bridge_follow_ups_failed_total",
      help: "Batches of which the cache or the analytics could not be told",
      registers,
    }),
    auditRelayed: new Counter({
      name: "bridge_audit_relayed_total",
      help: "Audit entries written to Kafka, repeats included",
      registers,
    }),
    auditLagSeconds: new Gauge({
      name: "bridge_audit_lag_seconds",
      help: "Age of the oldest audit entry that Kafka does not have; the same on every worker",
      registers,
    }),
    ledgerLosses: new Counter({
      name: "bridge_ledger_losses_total",
      help: "Times Redis was found to have lost ledger data, which Kafka then gave back",
      registers,
    }),
  };
}
