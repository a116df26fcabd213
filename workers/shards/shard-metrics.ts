import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../../src/shared/metrics.ts";

export type ShardMetrics = ReturnType<typeof createShardMetrics>;

/** What the ownership of shards counts. `countOwned` is called at each scrape. Call once for each registry. */
export function createShardMetrics(registry: Registry, countOwned: () => number = () => 0) {
  const registers = [registry];
  return {
    owned: new Gauge({
      name: "bridge_shards_owned",
      help: "Shards that this worker drains now",
      registers,
      collect() {
        this.set(countOwned());
      },
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
      help: "Times that Redis had lost ledger data, which was then rebuilt from Kafka",
      registers,
    }),
  };
}
