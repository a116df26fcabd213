import type { BenchQueues } from "../queues/bench-queues.ts";

/** A receiver and one worker, from HTTP to committed events. Disposing it stops both. */
export interface Bridge extends AsyncDisposable {
  /** Of the receiver. */
  readonly port: number;
  readonly queues: Pick<BenchQueues, "countJobs">;
  readonly topic: string;
}
