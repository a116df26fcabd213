import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** A child process that never outlives the process that spawned it, however that one ends: SIGKILL too. */
export type TiedProcess = {
  /** For signals, as SIGSTOP. */
  readonly pid: number;
  /** Resolves, never rejects, once the process is gone, with the reason: "exit code 1", "SIGKILL". */
  readonly exited: Promise<string>;
  /** Asks the process to end, SIGKILLs it at the deadline, and resolves once it is gone. */
  readonly stop: () => Promise<void>;
  /** SIGKILLs the process, as a crash would, and resolves once it is gone. */
  readonly kill: () => Promise<void>;
};

export type SpawnOptions = {
  /** Takes standard output and standard error; appended to. */
  logFile: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** How long `stop` waits before it kills, in ms. Default 10,000. */
  stopDeadlineMs?: number;
};

/**
 * The child's standard input is a pipe that the kernel closes when this process ends. A tiny subshell waits for that and
 * kills the child. The shell becomes the child by `exec`, so the pid is the child's own. (`prctl` would be Linux only.)
 */
const tie = `
  exec 3<&0 </dev/null
  (read -r _ <&3; kill -9 $$) 2>/dev/null &
  exec 3<&-
  exec "$0" "$@"`;

/** Starts `command` in a process group of its own, so that Ctrl-C reaches only us and we choose the order of stopping. */
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
    send("SIGCONT"); // A frozen process would not see the SIGTERM.
    const gaveUp = new AbortController();
    await Promise.race([exited, setTimeout(stopDeadlineMs, undefined, { signal: gaveUp.signal }).then(kill)]);
    gaveUp.abort();
  };
  return { pid, exited, stop, kill };
}
