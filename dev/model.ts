import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { execa } from "execa";
import PQueue from "p-queue";

/**
 * Simulates the model of the protocol (spec/bridge.qnt). Prints a table, and exits with 1 unless the whole protocol holds and each
 * instance without a guard is violated.
 *
 *     npm run model              about a million steps of the whole protocol, in about ten minutes
 *     npm run model -- --short   a small part of them, in less than a minute
 */
interface Check {
  readonly instance: string;
  readonly expected: "holds" | "violated";
  /** Random runs from the initial state; or one run that the model describes, by its name. */
  readonly runs: number | string;
}

interface Result {
  readonly outcome: "holds" | "violated" | "error";
  /** The seed that repeats the violation, or the error's text. */
  readonly detail: string;
}

const { values: options } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const stepsInRun = 100;
/** Random runs of one process with the whole protocol. Each process has a seed of its own. */
const wholeRuns = options.short ? [100, 100] : Array.from({ length: 10 }, () => 1_010);
/** A violation ends the runs, usually after fewer than 300. */
const maxRunsToViolation = 10_000;

const checks: readonly Check[] = [
  { instance: "whole", expected: "holds", runs: "recreatedTopic" },
  { instance: "without_identity", expected: "violated", runs: "recreatedTopic" },
  ...["without_content", "without_together", "without_barrier", "without_checkpoint"].map((instance): Check => ({
    instance,
    expected: "violated",
    runs: maxRunsToViolation,
  })),
  ...wholeRuns.map((runs): Check => ({ instance: "whole", expected: "holds", runs })),
];

const queue = new PQueue({ concurrency: availableParallelism() });
console.log(row(["instance", "steps", "result", "seed"]));
let wholeSteps = 0;
await Promise.all(checks.map((check) => queue.add(async () => report(check, await simulate(check)))));
console.log(
  `\n${wholeSteps.toLocaleString("en")} steps of the whole protocol in ${Math.round(performance.now() / 1_000)} s`,
);

function report({ instance, expected, runs }: Check, { outcome, detail }: Result): void {
  if (outcome !== expected) process.exitCode = 1;
  const steps = typeof runs === "string" ? runs : outcome === "holds" ? String(runs * stepsInRun) : "";
  if (instance === "whole" && outcome === "holds" && typeof runs === "number") wholeSteps += runs * stepsInRun;
  console.log(row([instance, steps, outcome === expected ? outcome : `${outcome}, but should be ${expected}`, detail]));
}

async function simulate({ instance, runs }: Check): Promise<Result> {
  // Without the trace of a violation: Quint exits before a pipe has taken all of a long output, and the end tells the result.
  const how =
    typeof runs === "string"
      ? ["test", "--match", `^${runs}$`, "--max-samples", "1"]
      : [
          "run",
          "--invariants",
          "safe",
          "endsEqual",
          "--max-steps",
          String(stepsInRun),
          "--max-samples",
          String(runs),
          "--verbosity",
          "1",
        ];
  const { all, exitCode } = await execa(
    "quint",
    [...how, "--main", instance, "--backend", "typescript", "spec/bridge.qnt"],
    { preferLocal: true, all: true, reject: false },
  );
  const seed = /--seed=(0x[\da-f]+)/.exec(all)?.[1] ?? "";
  if (exitCode === 0 && /No violation found|1 passing/.test(all)) return { outcome: "holds", detail: seed };
  if (/\[violation\]|QNT508/.test(all)) return { outcome: "violated", detail: seed };
  return { outcome: "error", detail: all };
}

function row([instance = "", steps = "", result = "", seed = ""]: readonly string[]): string {
  return [instance.padEnd(20), steps.padStart(14), result.padEnd(10), seed].join("  ").trimEnd();
}
