import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reportFailedStart } from "../../dev/stack/report-failed-start.ts";
import { spawnTied } from "../../dev/stack/spawn-tied.ts";
import { waitFor } from "../../dev/stack/wait-for.ts";
import type { BenchContext } from "../context.ts";

export interface ProcessOptions {
  /** Of the log file. */
  readonly name: string;
  /** Its file URL. */
  readonly script: string;
  /** All of its environment, beside PATH: nothing of the developer's own settings counts. */
  readonly env: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
}

/** Starts a process of Node's, its output in a file; resolves once it is ready. Disposing it stops it. */
export async function startProcess(
  { dir }: BenchContext,
  { name, script, env, isReady }: ProcessOptions,
): Promise<AsyncDisposable> {
  const logFile = join(dir, `${name}.log`);
  const child = spawnTied(process.execPath, [fileURLToPath(script)], {
    logFile,
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...env },
  });
  const crashed = child.exited.then((reason) => Promise.reject(new Error(`It ended: ${reason}`)));
  try {
    await Promise.race([waitFor("it is ready", isReady, { deadlineMs: 30_000, intervalMs: 50 }), crashed]);
  } catch (error) {
    await child.kill();
    throw await reportFailedStart(name, logFile, error);
  }
  crashed.catch(() => {}); // From now on whoever measures will notice.
  return { [Symbol.asyncDispose]: child.stop };
}
