import { setTimeout as delay } from "node:timers/promises";
import { styleText } from "node:util";
import type { Command } from "commander";
import {
  type BridgeStatus,
  createStatusSources,
  describeFindings,
  readBridgeStatus,
  worstLatencyMs,
} from "../../src/inspection/bridge-status.ts";
import { processHeadings, processRow } from "../../src/inspection/process-table.ts";
import type { LastRun } from "../../src/reconciliation/last-runs.ts";
import { addJsonOption, type JsonOption } from "../context/arguments.ts";
import { runCommand } from "../context/cli-context.ts";
import { type ExitCode, exitCodes } from "../context/exit-codes.ts";
import { formatDuration } from "../../src/shared/format-duration.ts";
import { formatTable } from "../context/output.ts";

const watchIntervalMs = 2_000;

/** `bridge status`: the bridge on one screen. The exit code is 2 when a shard has no owner, and 3 without Kafka. */
export function addStatusCommand(program: Command): void {
  addJsonOption(program.command("status"))
    .description("show processes, shards, backlog, dead letters and the last reconciliation on one screen")
    .option("--watch", "show it again every two seconds, until Ctrl-C")
    .action((options: JsonOption & { watch?: true }) =>
      runCommand(options, async (context) => {
        const { config, redis, queues } = context;
        const { shards } = config;
        const { prefix } = config.redis;
        const sources = createStatusSources({
          redis,
          redisPrefix: prefix,
          shards,
          queues,
          deadLetters: context.deadLetters,
          eventLog: context.eventLog,
        });
        for (;;) {
          const status = await readBridgeStatus(sources);
          if (options.watch && process.stdout.isTTY) process.stdout.write("\x1b[H\x1b[2J");
          for (const line of formatStatus(status)) context.print(line);
          context.result(status);
          if (!options.watch) return exitCodeOfStatus(status);
          await delay(watchIntervalMs, undefined, { signal: context.signal });
        }
      }),
    );
}

function exitCodeOfStatus({ kafka, shards }: BridgeStatus): ExitCode {
  if (kafka !== true) return exitCodes.unavailable;
  return shards.every(({ owner, problem }) => owner !== undefined && problem === undefined)
    ? exitCodes.ok
    : exitCodes.problems;
}

/** The status as lines of at most 80 characters, except for problems and names of hosts. */
function formatStatus(status: BridgeStatus): string[] {
  const { at, processes, shards, memoryShare, kafka } = status;
  const [p50, p99] = [worstLatencyMs(status, "p50"), worstLatencyMs(status, "p99")];
  const waits =
    status.waiting === 0
      ? "nothing waits"
      : `${status.waiting} jobs wait, the oldest for ${formatDuration(status.oldestAgeMs)}`;
  const facts = [
    ["Users", `${status.users} in ${shards.length} shards`],
    ["Backlog", `${waits}; ${status.deadLetters} dead letters`],
    [
      "Latency",
      p50 === undefined || p99 === undefined
        ? "no event in the last minute"
        : `p50 ${formatDuration(p50)}, p99 ${formatDuration(p99)}`,
    ],
    ["Recent run", formatRun(status.lastRuns.recent, at)],
    ["Full run", formatRun(status.lastRuns.full, at)],
    [
      "Redis",
      memoryShare === undefined || memoryShare === 0
        ? "available"
        : `${Math.round(memoryShare * 100)} % of its memory in use`,
    ],
    ["Kafka", kafka === true ? "available" : styleText("red", `unavailable: ${kafka}`)],
  ];
  return [
    ...facts.map(([name = "", fact]) => `${styleText("bold", name.padEnd(11))} ${fact}`),
    "",
    ...heading(
      formatTable([
        ["SHARD", "OWNER", "WAITING", "OLDEST", "USERS", "CHECKPOINT", "BEHIND", "PROBLEM"],
        ...shards.map(({ shard, owner, waiting, oldestAgeMs, users, checkpoint, behind, problem }) => [
          shard,
          owner ?? "none",
          waiting,
          oldestAgeMs === 0 ? "-" : formatDuration(oldestAgeMs),
          users,
          checkpoint ?? "-",
          behind ?? "-",
          problem ?? "",
        ]),
      ]),
    ),
    "",
    ...heading(
      formatTable([
        processHeadings.map((heading) => heading.toUpperCase()),
        ...processes.map((process) => processRow(process, at)),
      ]),
    ),
    ...(processes.length === 0 ? ["no program of the bridge runs"] : []),
  ];
}

const heading = ([first = "", ...rest]: readonly string[]): string[] => [styleText("dim", first), ...rest];

function formatRun(run: LastRun | undefined, at: number): string {
  if (run === undefined) return "none yet";
  const withheld = run.withheld > 0 ? styleText("red", `; ${run.withheld} deletions withheld`) : "";
  return `${formatDuration(Math.max(0, at - run.endedAt))} ago, ${run.compared} compared, ${describeFindings(run)}${withheld}`;
}
