import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reportFailedStart } from "../../dev/stack/report-failed-start.ts";
import { spawnTied } from "../../dev/stack/spawn-tied.ts";
import { waitFor } from "../../dev/stack/wait-for.ts";
import type { BenchContext } from "../context.ts";

export interface ProcessOptions {
  /** The name of the log file. */
  readonly name: string;
  /** The file URL of the script. */
  readonly script: string;
  /** Whether it is a process of the bridge: only these are profiled. */
  readonly isOurs?: boolean;
  /** Arguments of Node itself. */
  readonly nodeArguments?: readonly string[];
  /** The whole environment apart from PATH, so that the developer's own settings have no effect. */
  readonly env: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
  readonly readyDeadlineMs?: number;
}

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  /** Sends SIGKILL. Resolves when the process has exited. */
  readonly kill: () => Promise<void>;
}

/** Starts a Node process with its output in a file. Resolves when it is ready. Disposing of it stops the process. */
export async function startProcess(
  { dir, profileDir }: BenchContext,
  { name, script, isOurs = false, nodeArguments = [], env, isReady, readyDeadlineMs = 30_000 }: ProcessOptions,
): Promise<StartedProcess> {
  const logFile = join(dir, `${name}.log`);
  const profiling =
    isOurs && profileDir !== undefined
      ? ["--cpu-prof", `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${name}.cpuprofile`]
      : [];
  const child = spawnTied(process.execPath, [...profiling, ...nodeArguments, fileURLToPath(script)], {
    logFile,
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...env },
  });
  const crashed = child.exited.then((reason) => Promise.reject(new Error(`The process ended: ${reason}`)));
  try {
    await Promise.race([
      waitFor(`${name} is ready`, isReady, { deadlineMs: readyDeadlineMs, intervalMs: 50 }),
      crashed,
    ]);
  } catch (error) {
    await child.kill();
    throw await reportFailedStart(name, logFile, error);
  }
  crashed.catch(() => {}); // From now on the measurement notices a crash.
  return { pid: child.pid, logFile, kill: child.kill, [Symbol.asyncDispose]: child.stop };
}
