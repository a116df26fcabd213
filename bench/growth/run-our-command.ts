import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { spawnTied } from "../../dev/stack/spawn-tied.ts";
import type { BenchContext } from "../context.ts";
import { readProcessCounters } from "../systems/process-counters.ts";

export interface CommandRun {
  readonly seconds: number;
  readonly peakResidentBytes: number;
  readonly output: string;
}

export interface CommandOptions {
  readonly env: Readonly<Record<string, string>>;
  /** For a command that does not end by itself. */
  readonly stopAfterMs?: number;
  /** Discards the output, which can be hundreds of megabytes. */
  readonly isQuiet?: boolean;
}

const pollMs = 50;

/** Runs `bridge <args>` and measures its time and its memory. Throws when it fails. */
export async function runOurCommand(
  { dir }: BenchContext,
  args: readonly string[],
  { env, stopAfterMs = Number.POSITIVE_INFINITY, isQuiet = false }: CommandOptions,
): Promise<CommandRun> {
  const logFile = isQuiet ? "/dev/null" : join(dir, `${args.join("-").replaceAll(/[^\w-]/g, "")}-${Date.now()}.log`);
  const startedAt = performance.now();
  const child = spawnTied(process.execPath, [join(import.meta.dirname, "../../cli/main.ts"), ...args], {
    logFile,
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...env },
  });
  const ended = { reason: "" };
  void child.exited.then((reason) => (ended.reason = reason));
  let peakResidentBytes = 0;
  while (ended.reason === "") {
    // The process can end while it is read, and has no memory any more then.
    const peak = (await readProcessCounters(child.pid).catch(() => undefined))?.peakResidentBytes ?? 0;
    if (peak > peakResidentBytes) peakResidentBytes = peak;
    if (performance.now() - startedAt > stopAfterMs) await child.stop();
    await delay(pollMs);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const output = isQuiet ? "" : await readFile(logFile, "utf8");
  if (ended.reason !== "exit code 0")
    throw new Error(`bridge ${args.join(" ")}: ${ended.reason}\n${output.slice(-2_000)}`);
  return { seconds, peakResidentBytes, output };
}
