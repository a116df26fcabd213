import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { repositoryFolder } from "../stack/folders.ts";
import { readLastLines, reportFailedStart } from "../stack/report-failed-start.ts";
import { spawnTied } from "../stack/spawn-tied.ts";
import { waitFor } from "../stack/wait-for.ts";

export type Service = {
  readonly url: string;
  /** Relative to the repository. */
  readonly logFile: string;
  /** Rejects, with the last lines of the log, once the process has ended unasked; never resolves. */
  readonly crashed: Promise<never>;
  readonly stop: () => Promise<void>;
};

export type ServiceOptions = {
  name: string;
  /** From the repository's root. */
  script: string;
  port: number;
  env: NodeJS.ProcessEnv;
  /** Where `<name>.log` goes; a log of an earlier run is replaced. */
  logDir: string;
};

/** Starts one of our own processes; resolves once its `/readyz` says so. */
export async function startService({ name, script, port, env, logDir }: ServiceOptions): Promise<Service> {
  const logFile = join(logDir, `${name}.log`);
  await rm(logFile, { force: true });
  const child = spawnTied(process.execPath, [...process.execArgv, script], {
    cwd: repositoryFolder,
    env,
    logFile,
    stopDeadlineMs: 15_000,
  });
  const url = `http://127.0.0.1:${port}`;
  const ended = child.exited.then((reason) => Promise.reject(new Error(`It ended: ${reason}.`)));
  const ready = async () => (await fetch(`${url}/readyz`)).ok;
  try {
    await Promise.race([waitFor("it is ready", ready, { deadlineMs: 60_000, intervalMs: 25 }), ended]);
  } catch (error) {
    await child.stop();
    throw await reportFailedStart(`The ${name}`, logFile, error);
  }
  const crashed = ended.catch(async (error: Error) => {
    throw new Error(`The ${name} crashed. ${error.message}\n${await readLastLines(logFile, 15)}\n(from ${logFile})`);
  });
  crashed.catch(() => {}); // When we stop it ourselves, nobody listens any more.
  return { url, logFile: relative(repositoryFolder, logFile), crashed, stop: child.stop };
}
