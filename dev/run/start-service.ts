import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { compileCacheFolder, repositoryFolder } from "../stack/folders.ts";
import { readLastLines, reportFailedStart } from "../stack/report-failed-start.ts";
import { spawnTied } from "../stack/spawn-tied.ts";
import { waitFor } from "../stack/wait-for.ts";

export type Service = {
  readonly url: string;
  /** Relative to the repository's root. */
  readonly logFile: string;
  /** Rejects with the last lines of the log when the process ends unexpectedly. Never resolves. */
  readonly crashed: Promise<never>;
  readonly stop: () => Promise<void>;
};

export type ServiceOptions = {
  name: string;
  /** Relative to the repository's root. */
  script: string;
  port: number;
  env: NodeJS.ProcessEnv;
  /** The folder for `<name>.log`, which replaces the log of an earlier run. */
  logDir: string;
};

/** Starts the API or the worker. Resolves when its `/readyz` reports that it is ready. */
export async function startService({ name, script, port, env, logDir }: ServiceOptions): Promise<Service> {
  const logFile = join(logDir, `${name}.log`);
  await rm(logFile, { force: true });
  const child = spawnTied(process.execPath, [...process.execArgv, script], {
    cwd: repositoryFolder,
    env: { NODE_COMPILE_CACHE: compileCacheFolder, ...env },
    logFile,
    stopDeadlineMs: 15_000,
  });
  const url = `http://127.0.0.1:${port}`;
  const ended = child.exited.then((reason) => Promise.reject(new Error(`The process ended: ${reason}.`)));
  const ready = async () => (await fetch(`${url}/readyz`)).ok;
  try {
    await Promise.race([waitFor(`the ${name} is ready`, ready, { deadlineMs: 60_000, intervalMs: 25 }), ended]);
  } catch (error) {
    await child.stop();
    throw await reportFailedStart(`The ${name}`, logFile, error);
  }
  const crashed = ended.catch(async (error: Error) => {
    throw new Error(`The ${name} crashed. ${error.message}\n${await readLastLines(logFile, 15)}\n(from ${logFile})`);
  });
  crashed.catch(() => {}); // After a deliberate stop, no caller waits for it.
  return { url, logFile: relative(repositoryFolder, logFile), crashed, stop: child.stop };
}
