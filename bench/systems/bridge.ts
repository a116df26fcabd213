import type { BenchQueues } from "../queues/bench-queues.ts";
import type { Pids } from "./process-counters.ts";

/** A receiver and one worker, from HTTP to committed events. Disposing of it stops both. */
export interface Bridge extends AsyncDisposable {
  /** The port of the receiver. */
  readonly port: number;
  readonly queues: Pick<BenchQueues, "countJobs">;
  readonly topic: string;
  /** The processes of the receiver and of the worker. */
  readonly pids: Pids;
}
