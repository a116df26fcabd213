/// <reference lib="esnext.disposable" />
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { compileCacheFolder, repositoryFolder } from "../../../dev/stack/folders.ts";
import { spawnTied } from "../../../dev/stack/spawn-tied.ts";
import { readMetric } from "./read-metric.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const logLineSchema = z.looseObject({ event: z.string().optional(), port: z.number().optional() });
type LogLine = z.infer<typeof logLineSchema>;

/** The API or a worker as a real process. It never outlives the test run. */
export interface BridgeProcess extends AsyncDisposable {
  readonly pid: number;
  /** The address of its HTTP server, without a trailing slash. */
  readonly url: string;
  /** Resolves when the process has exited, with the reason: "exit code 1", "SIGKILL". Never rejects. */
  readonly exited: Promise<string>;
  /** Everything written so far to standard output and standard error. */
  output(): Promise<string>;
  /** The log lines of one event so far. */
  logged(event: string): Promise<LogLine[]>;
  /** Waits until the process has logged an event `times` times (default 1). */
  waitUntilLogged(event: string, times?: number, deadlineMs?: number): Promise<LogLine[]>;
  readiness(): Promise<{ status: number; body: unknown }>;
  waitUntilReady(): Promise<void>;
  /** The value of a metric: the sum of all samples with these labels. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  signal(signal: NodeJS.Signals): void;
  /** SIGSTOP: the process does nothing, and its connections stay open. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; resolves when the process has exited. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the reason when the process has exited. */
  stop(): Promise<string>;
}

export interface ProcessOptions {
  /** Relative to the repository's root. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Runs a script of the project with `variables` as its only environment. Returns at once, even if it cannot start. */
export function spawnScript({ script, args = [], variables, logFile }: ProcessOptions) {
  const child = spawnTied(process.execPath, [join(repositoryFolder, script), ...args], {
    logFile,
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: compileCacheFolder, ...variables },
  });
  const output = () => readFile(logFile, "utf8");
  return { ...child, output };
}

/** Starts the API or a worker; resolves when it listens. Throws with its output if it exits before. */
export async function startProcess(options: ProcessOptions): Promise<BridgeProcess> {
  const { pid, exited, kill, stop, output } = spawnScript(options);
  const logged = async (event: string) => linesOf(await output()).filter((line) => line.event === event);

  const listening = waitFor(
    `${options.script} listens`,
    async () => {
      const lines = linesOf(await output());
      return lines.find(({ event }) => event === "api.listening" || event === "worker.listening")?.port;
    },
    { deadlineMs: 30_000 },
  );
  const ended = exited.then(async (reason) => {
    throw new Error(`${options.script} ended (${reason}):\n${await output()}`);
  });
  let port: number;
  try {
    port = await Promise.race([listening, ended]);
  } catch (error) {
    await kill();
    throw error;
  }
  ended.catch(() => {}); // An exit after the start is for the test to check.

  const url = `http://127.0.0.1:${port}`;
  const readiness = async () => {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const signal = (name: NodeJS.Signals) => void process.kill(pid, name);
  return {
    pid,
    url,
    exited,
    output,
    logged,
    waitUntilLogged: (event, times = 1, deadlineMs = 20_000) =>
      waitFor(
        `${options.script} logged ${event} ${times} times`,
        async () => {
          const lines = await logged(event);
          return lines.length >= times && lines;
        },
        { deadlineMs },
      ),
    readiness,
    waitUntilReady: async () => {
      await waitFor(`${options.script} is ready`, async () => (await readiness()).status === 200, {
        deadlineMs: 20_000,
        intervalMs: 20,
      });
    },
    metric: async (name, labels = {}) => {
      const response = await fetch(`${url}/metrics`);
      return readMetric(await response.text(), name, labels);
    },
    signal,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    kill,
    stop: async () => {
      await stop();
      return exited;
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** The lines that are complete JSON objects. */
function linesOf(output: string): LogLine[] {
  return output.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      return [logLineSchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
