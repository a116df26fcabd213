import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { programVersion } from "./program-config.ts";

/** Buckets of every histogram of durations, in seconds. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** A registry with the default metrics of the process. Each program has one, labelled with the program's name. */
export function createRegistry(program: "api" | "worker"): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: program });
  collectDefaultMetrics({ register: registry });
  const buildInfo = new Gauge({
    name: "bridge_build_info",
    help: "Always 1; the labels say which release runs on which Node",
    labelNames: ["version", "node"],
    registers: [registry],
  });
  buildInfo.set({ version: programVersion, node: process.version }, 1);
  return registry;
}
