import { readFile } from "node:fs/promises";

/** Creates the error for a server that did not start, with the reason and its last log lines. */
export async function reportFailedStart(server: string, logFile: string, cause: unknown): Promise<Error> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const lines = await readLastLines(logFile, 15);
  return new Error(`${server} did not start. ${reason}\n${lines}\n(from ${logFile})`, { cause });
}

/** The last `count` lines of a log file; empty without a file. */
export async function readLastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
