import { Gauge, type Registry } from "prom-client";
import { z } from "zod";
import { lastRunsKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { readAtScrape } from "../shared/metrics.ts";
import { parseJson } from "../shared/parse-json.ts";

const lastRunSchema = z.object({
  /** In ms by our clock. */
  endedAt: z.number(),
  durationMs: z.number(),
  reason: z.string(),
  compared: z.number(),
  /** The missed changes by kind, such as `created`. */
  found: z.record(z.string(), z.number()),
  /** Age of the oldest missed change; 0 when none was missed. */
  lagMs: z.number(),
  skippedShards: z.array(z.number()),
  /** Deletions that the last sweep over all shards withheld. */
  withheld: z.number(),
});
export type LastRun = z.infer<typeof lastRunSchema>;
type RunKind = "recent" | "full";
type Runs = Partial<Record<RunKind, LastRun>>;

/** The last successful run of each kind, whichever worker executed it. Every call throws while Redis is unavailable. */
export interface LastRuns {
  read(): Promise<Runs>;
  write(kind: RunKind, run: LastRun): Promise<void>;
}

/** A hash in Redis, with the runs as JSON by kind. What cannot be parsed counts as missing. */
export function createLastRuns(redis: RedisClient, redisPrefix: string): LastRuns {
  const key = lastRunsKey(redisPrefix);
  return {
    read: async () => {
      const [recent, full] = (await redis.hmget(key, "recent", "full")).map(
        (stored) => lastRunSchema.safeParse(parseJson(stored ?? "")).data,
      );
      return { ...(recent && { recent }), ...(full && { full }) };
    },
    write: async (kind, run) => void (await redis.hset(key, kind, JSON.stringify(run))),
  };
}

/** Gauges of the last runs, read from Redis at each scrape: every process reports the same values. Before the first run they have none. */
export function registerLastRunMetrics(registry: Registry, lastRuns: Pick<LastRuns, "read">): void {
  const registers = [registry];
  const set = async (gauge: Gauge, valueOf: (runs: Runs) => number | undefined) => {
    const value = valueOf((await readAtScrape(lastRuns.read())) ?? {});
    if (value === undefined) gauge.remove();
    else gauge.set(value);
  };
  const ended: Gauge<"kind"> = new Gauge({
    name: "bridge_reconciliation_last_run_timestamp_seconds",
    help: "When the last successful run ended, by kind (recent or full)",
    labelNames: ["kind"],
    registers,
    collect: async () => {
      const runs = await readAtScrape(lastRuns.read());
      ended.reset();
      for (const [kind, { endedAt }] of Object.entries(runs ?? {})) ended.set({ kind }, endedAt / 1_000);
    },
  });
  const lag: Gauge = new Gauge({
    name: "bridge_reconciliation_lag_seconds",
    help: "Age of the oldest missed change that the last run found; 0 when it found none",
    registers,
    collect: () => set(lag, (runs) => scale(latestOf(runs)?.lagMs)),
  });
  const skipped: Gauge = new Gauge({
    name: "bridge_reconciliation_skipped_shards",
    help: "Shards that the last run skipped because their ledgers were incomplete",
    registers,
    collect: () => set(skipped, (runs) => latestOf(runs)?.skippedShards.length),
  });
  const withheld: Gauge = new Gauge({
    name: "bridge_reconciliation_deletions_withheld",
    help: "Deletions withheld because the last sweep found too many missing users",
    registers,
    collect: () => set(withheld, ({ full }) => full?.withheld),
  });
}

const scale = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

const latestOf = ({ recent, full }: Runs): LastRun | undefined =>
  (full?.endedAt ?? 0) > (recent?.endedAt ?? 0) ? full : recent;
