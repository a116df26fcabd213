import type { BenchMessage } from "../messages/make-message.ts";

/** The queues of a measured system, seen from the outside. */
export interface BenchQueues extends AsyncDisposable {
  /** Workers take no job until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Adds messages. Resolves when Redis has stored all of them. */
  fill(messages: readonly BenchMessage[]): Promise<void>;
  /** The number of waiting messages. */
  countMessages(): Promise<number>;
  /** The number of waiting and active jobs. */
  countJobs(): Promise<number>;
}
