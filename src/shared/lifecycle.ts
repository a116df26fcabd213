import type { Logger } from "./logger.ts";

type Release = () => Promise<void> | void;

/**
 * The resources of a process. They are released in reverse order within a deadline. A release that fails is logged, and the others
 * still run.
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

  /** Stops once, however often it is called. Never throws. */
  stop(): Promise<void> {
    this.#stopping ??= this.#releaseAll();
    return this.#stopping;
  }

  async #releaseAll(): Promise<void> {
    this.#abort.abort();
    for (const { name, release } of this.#releases.toReversed()) {
      try {
        await release();
      } catch (error) {
        this.#log.error({ event: "process.release_failed", name, err: error }, "A resource could not be released");
      }
    }
  }

  /**
   * Stops on SIGINT and SIGTERM. The process then exits with code 0 when the event loop is empty, or with code 1 after the
   * deadline.
   */
  stopOnSignals(deadlineMs: number): void {
    const onSignal = (signal: NodeJS.Signals) => {
      this.#log.info({ event: "process.stopping", signal }, "Stopping");
      setTimeout(() => {
        this.#log.error({ event: "process.stop_overdue", deadlineMs }, "Stopping took too long");
        process.exit(1);
      }, deadlineMs).unref();
      void this.stop().then(() => this.#log.info({ event: "process.stopped" }, "Stopped"));
    };
    process.once("SIGINT", onSignal);
    process.once("SIGTERM", onSignal);
  }
}
