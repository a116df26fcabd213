import type { BenchMessage } from "../messages/make-message.ts";

/** The queues of a system under test, seen from outside. */
export interface BenchQueues extends AsyncDisposable {
  /** Workers take nothing until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Resolves once Redis holds every message. */
  fill(messages: readonly BenchMessage[]): Promise<void>;
  /** Messages that wait in the queues. */
  countMessages(): Promise<number>;
  /** Jobs that wait or are being worked on. */
  countJobs(): Promise<number>;
}
