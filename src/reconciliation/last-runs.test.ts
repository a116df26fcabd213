import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { type LastRun, registerLastRunMetrics } from "./last-runs.ts";

const run: LastRun = {
  endedAt: 5_000,
  durationMs: 10,
  reason: "schedule",
  compared: 3,
  found: {},
  lagMs: 0,
  skippedShards: [],
  withheld: 0,
};

async function scrape(read: () => Promise<{ recent?: LastRun; full?: LastRun }>): Promise<string> {
  const registry = new Registry();
  registerLastRunMetrics(registry, { read });
  const text = await registry.metrics();
  return text
    .split("\n")
    .filter((line) => line.startsWith("bridge_"))
    .map((line) => line.replace("bridge_reconciliation_", ""))
    .join("\n");
}

test("before the first run, and while Redis is unavailable, the metrics of the last runs have no value and the scrape works", async () => {
  expect(await scrape(async () => ({}))).toBe("");
  expect(await scrape(() => Promise.reject(new Error("Redis is unavailable")))).toBe("");
});

test("the lag and the skipped shards are those of the latest run, and the withheld deletions those of the last sweep", async () => {
  const recent = { ...run, lagMs: 3_000, skippedShards: [1, 2] };
  const full = { ...run, endedAt: 4_000, withheld: 11 };
  expect(await scrape(async () => ({ recent, full }))).toBe(
    [
      'last_run_timestamp_seconds{kind="recent"} 5',
      'last_run_timestamp_seconds{kind="full"} 4',
      "lag_seconds 3",
      "skipped_shards 2",
      "deletions_withheld 11",
    ].join("\n"),
  );
});
