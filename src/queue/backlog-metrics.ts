import { Gauge, type Registry } from "prom-client";
import { allShards } from "../domain/shard-of.ts";
import { readAtScrape } from "../shared/metrics.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { MessageQueues } from "./message-queues.ts";

export interface BacklogMetricsOptions {
  readonly registry: Registry;
  readonly queues: Pick<MessageQueues, "countWaiting" | "oldestWaitingAt">;
  readonly deadLetters: Pick<DeadLetters, "count">;
  readonly shards: number;
  readonly now: () => number;
}

/**
 * Gauges of what Redis holds, read at each scrape: every process reports the same values. While Redis is unavailable they have no value, and the
 * scrape has all other metrics.
 */
export function registerBacklogMetrics({ registry, queues, deadLetters, shards, now }: BacklogMetricsOptions): void {
  const registers = [registry];
  const setPerShard = async (gauge: Gauge<"shard">, valueOf: (shard: number) => Promise<number>) => {
    const values = await readAtScrape(Promise.all(allShards(shards).map(valueOf)));
    gauge.reset();
    for (const [shard, value] of values?.entries() ?? []) gauge.set({ shard }, value);
  };

  const waiting: Gauge<"shard"> = new Gauge({
    name: "bridge_queue_waiting_jobs",
    help: "Jobs that wait for a worker, by shard",
    labelNames: ["shard"],
    registers,
    collect: () => setPerShard(waiting, (shard) => queues.countWaiting(shard)),
  });
  const oldest: Gauge<"shard"> = new Gauge({
    name: "bridge_queue_oldest_job_age_seconds",
    help: "Age of the oldest job that waits for a worker, by shard; 0 when none waits",
    labelNames: ["shard"],
    registers,
    collect: () =>
      setPerShard(oldest, async (shard) => {
        const at = await queues.oldestWaitingAt(shard);
        return at === undefined ? 0 : Math.max(0, now() - at) / 1_000;
      }),
  });
  const stored: Gauge = new Gauge({
    name: "bridge_dead_letters",
    help: "Dead letters that are stored now",
    registers,
    collect: async () => {
      const count = await readAtScrape(deadLetters.count());
      if (count === undefined) stored.remove();
      else stored.set(count);
    },
  });
}
