import { withTimeout } from "./with-timeout.ts";
import type { Logger } from "./logger.ts";
import { ConfigError, StartUpError } from "./errors.ts";

type Release = () => Promise<void> | void;

/** Kept for the other releases while one takes its time. */
const reservedMs = 2_000;
/** Kept for the end of the process after the releases. */
const exitReserveMs = 500;

/**
 * The resources of a process. They are released in reverse order within a deadline. A release that fails or takes too long is logged,
 * and the others still run.
 */
export class Lifecycle {
  readonly #releases: { readonly name: string; readonly release: Release }[] = [];
  readonly #log: Logger;
  readonly #abort = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Aborts when the process begins to stop, before the first release. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  onStop(name: string, release: Release): void {
    this.#releases.push({ name, release });
  }

  /** Stops once, however often it is called, within `deadlineMs`. Never throws. */
  stop(deadlineMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#stopping ??= this.#releaseAll(performance.now() + deadlineMs);
    return this.#stopping;
  }

  async #releaseAll(deadline: number): Promise<void> {
    this.#abort.abort();
    for (const { name, release } of this.#releases.toReversed()) {
      const leftMs = deadline - performance.now();
      const timeoutMs = Math.max(leftMs - reservedMs, leftMs / 2);
      try {
        await within(timeoutMs, Promise.resolve().then(release));
      } catch (error) {
        this.#log.error({ event: "process.release_failed", name, err: error }, "A resource could not be released");
      }
    }
  }

  /** Stops on SIGINT and SIGTERM. The process then exits with code 0, or with code 1 when it is not done at the deadline. */
  stopOnSignals(deadlineMs: number): void {
    const onSignal = (signal: NodeJS.Signals) => {
      this.#log.info({ event: "process.stopping", signal }, "Stopping");
      setTimeout(() => {
        this.#log.error({ event: "process.stop_overdue", deadlineMs }, "Stopping took too long");
        process.exit(1);
      }, deadlineMs).unref();
      void this.stop(deadlineMs - exitReserveMs).then(() => {
        this.#log.info({ event: "process.stopped" }, "Stopped");
        // Usually the process ends by itself. A release that was given up can keep it alive.
        setTimeout(() => process.exit(0), exitReserveMs / 2).unref();
      });
    };
    onStopSignal(["SIGINT", "SIGTERM"], onSignal);
  }
}

/** npm passes a Ctrl-C on to its program, which already got it from the terminal. */
const repeatsForMs = 500;

/**
 * Calls `stop` for the first of these signals. The same Ctrl-C may arrive a second time within milliseconds, which has no effect; a later
 * one ends the process at once.
 */
export function onStopSignal(signals: readonly NodeJS.Signals[], stop: (signal: NodeJS.Signals) => void): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => {
      for (const name of signals) process.off(name, onSignal);
    }, repeatsForMs).unref();
    stop(signal);
  };
  for (const name of signals) process.on(name, onSignal);
}

/** No limit for `Infinity`. */
const within = (timeoutMs: number, work: Promise<void>): Promise<void> =>
  Number.isFinite(timeoutMs)
    ? withTimeout(timeoutMs, work, () => new Error(`not released in ${Math.round(timeoutMs)} ms`))
    : work;

/**
 * Runs the start of a program. An error that `start` throws, or passes to `fail` later, ends the process with code 1. Standard error
 * then has plain lines for an error that the operator can repair, and a stack for any other.
 */
export async function runProgram(start: (fail: (error: unknown) => void) => Promise<void>): Promise<void> {
  try {
    await start(fail);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  const isPlain = error instanceof ConfigError || error instanceof StartUpError;
  process.stderr.write(
    `Cannot run:\n${isPlain ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
}
