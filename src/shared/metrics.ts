import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { programVersion } from "./program-config.ts";
import { withTimeout } from "./with-timeout.ts";

/** Buckets of every histogram of durations, in seconds. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Gauges of prom-client with the suffix of counters, which Prometheus' own check refuses. Their parts by type remain. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** A registry with the default metrics of the process. Each program has one, labelled with the program's name. */
export function createRegistry(program: "api" | "worker"): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: program });
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const buildInfo = new Gauge({
    name: "bridge_build_info",
    help: "Always 1; the labels say which release runs on which Node",
    labelNames: ["version", "node"],
    registers: [registry],
  });
  buildInfo.set({ version: programVersion, node: process.version }, 1);
  return registry;
}

/** A scrape must not wait for a Redis that is unavailable. */
const scrapeTimeoutMs = 1_000;

/** The value of a metric that is read at each scrape; undefined when it cannot be read in time, and the scrape then has all other metrics. */
export async function readAtScrape<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await withTimeout(scrapeTimeoutMs, value, () => new Error("no answer in time"));
  } catch {
    return undefined;
  }
}
