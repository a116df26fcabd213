import { readFile } from "node:fs/promises";

/** Makes the error of a server that did not start: what it is, why, and the last lines it logged. */
export async function reportFailedStart(server: string, logFile: string, cause: unknown): Promise<Error> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const lines = await readLastLines(logFile, 15);
  return new Error(`${server} did not start. ${reason}\n${lines}\n(from ${logFile})`, { cause });
}

/** The last `count` lines of a log file; empty if there is none. */
export async function readLastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
