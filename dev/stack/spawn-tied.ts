import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** A child process that never outlives its parent, even if the parent is killed with SIGKILL. */
export type TiedProcess = {
  /** For signals such as SIGSTOP. */
  readonly pid: number;
  /** Resolves when the process has exited, with the reason: "exit code 1", "SIGKILL". Never rejects. */
  readonly exited: Promise<string>;
  /** Sends SIGTERM, and SIGKILL at the deadline. Resolves when the process has exited. */
  readonly stop: () => Promise<void>;
  /** Sends SIGKILL. Resolves when the process has exited. */
  readonly kill: () => Promise<void>;
};

export type SpawnOptions = {
  /** The file to which standard output and standard error are appended. */
  logFile: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** How long `stop` waits before SIGKILL, in ms. Default 10,000. */
  stopDeadlineMs?: number;
};

/**
 * The child's standard input is a pipe that the kernel closes when this process ends. A small subshell waits for that and
 * kills the child. The shell becomes the child with `exec`, so the pid is the child's own. (`prctl` works only on Linux.)
 */
const tie = `
  exec 3<&0 </dev/null
  (read -r _ <&3; kill -9 $$) 2>/dev/null &
  exec 3<&-
  exec "$0" "$@"`;

/** Starts `command` in its own process group, so that Ctrl-C reaches only this process, which stops its children in order. */
export function spawnTied(
  command: string,
  args: readonly string[],
  { logFile, cwd, env, stopDeadlineMs = 10_000 }: SpawnOptions,
): TiedProcess {
  const log = openSync(logFile, "a");
  const child = spawn("sh", ["-c", tie, command, ...args], { cwd, env, detached: true, stdio: ["pipe", log, log] });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start a shell for ${command}`);

  let running = true;
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      running = false;
      resolve(signal ?? `exit code ${code}`);
    });
  });
  const send = (signal: NodeJS.Signals) => running && process.kill(pid, signal);

  const kill = async () => {
    send("SIGKILL");
    await exited;
  };
  const stop = async () => {
    send("SIGTERM");
    send("SIGCONT"); // A frozen process does not handle the SIGTERM.
    const deadline = new AbortController();
    await Promise.race([exited, setTimeout(stopDeadlineMs, undefined, { signal: deadline.signal }).then(kill)]);
    deadline.abort();
  };
  return { pid, exited, stop, kill };
}
