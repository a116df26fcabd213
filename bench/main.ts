// npm run bench: compares the bridge with simpler implementations in one run and prints one table. Figures are comparable
// only within a run. A missed target does not fail the run.
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createFreshFolder, removeStaleFolders } from "../dev/stack/folders.ts";
import { startNative } from "../dev/stack/start-native.ts";
import { onStopSignal } from "../src/shared/lifecycle.ts";
import type { BenchContext } from "./context.ts";
import { formatGrowth } from "./growth/format-growth.ts";
import { type GrowthFigures, measureGrowth } from "./growth/growth.ts";
import { requireWrk } from "./load/require-wrk.ts";
import { type Part, readOptions, UsageError } from "./options.ts";
import { writeGrowthChart, writePartCharts } from "./report/charts.ts";
import { formatTable } from "./report/format-table.ts";
import { readCosts } from "./report/top-costs.ts";
import { runParts } from "./run-parts.ts";

const log = (line: string) => console.error(line);

class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Rejects on Ctrl-C, so that everything stops in order. Child processes always end with this process. */
const interrupted = new Promise<never>((_, reject) => {
  onStopSignal(["SIGINT", "SIGTERM"], (signal) => reject(new InterruptedError(`Interrupted by ${signal}`)));
});
interrupted.catch(() => {}); // Awaited when the parts run.

async function bench(): Promise<void> {
  const { only, rate, users, mode, charts, profile, ...options } = readOptions(process.argv.slice(2));
  await removeStaleFolders();
  await requireWrk(log);
  await using started = new AsyncDisposableStack();
  log("Starting a fresh Redis (fsync on every write) and Kafka …");
  const servers = started.adopt(await startNative({}, { log }), ({ stop }) => stop());
  const { redisUrl, kafkaBrokers, redis, kafka } = servers;
  const serverPids = { ...(redis && { Redis: redis.pid }), ...(kafka && { broker: kafka.pid }) };
  const dir = await createFreshFolder();
  const context: BenchContext = {
    redisUrl,
    kafkaBrokers,
    serverPids,
    dir,
    log,
    ...options,
    profileDir: profile && resolve(profile),
  };
  const report = mode === "growth" ? growth(context, users, charts) : parts(context, only, rate, charts);
  console.log(`\n${await Promise.race([report, interrupted])}`);
  if (context.profileDir !== undefined) await printCosts(context.profileDir);
}

async function parts(
  context: BenchContext,
  only: readonly Part[],
  rate: number | undefined,
  charts: string | undefined,
): Promise<string> {
  const rows = await runParts(context, only, rate);
  if (charts !== undefined) await writePartCharts(charts, rows);
  return formatTable(rows);
}

/** Prints the ten largest costs of each profiled process. */
async function printCosts(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".cpuprofile")) continue;
    const costs = (await readCosts(join(folder, file))).slice(0, 10);
    const lines = costs.map(({ what, share }) => `${(100 * share).toFixed(1).padStart(5)} %  ${what}`);
    console.log(`\n${[file, ...lines].join("\n")}`);
  }
}

/** Prints the figures after each number of users, so that a failure loses none. */
async function growth(context: BenchContext, users: readonly number[], charts?: string): Promise<string> {
  const all: GrowthFigures[] = [];
  for (const count of users) {
    all.push(await measureGrowth(context, count));
    log(formatGrowth(all));
  }
  if (charts !== undefined) await writeGrowthChart(charts, all);
  return formatGrowth(all);
}

try {
  await bench();
} catch (error) {
  console.error(error instanceof UsageError || error instanceof InterruptedError ? error.message : error);
  process.exitCode = 1;
}
// An interrupted part may still be waiting.
process.exit();
