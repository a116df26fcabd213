import type { Pids } from "./systems/process-counters.ts";

/** The servers and options of a benchmark run, shared by all its parts. */
export interface BenchContext {
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** The processes of Redis and of the broker. */
  readonly serverPids: Pids;
  /** A temporary folder for logs and prepared requests. */
  readonly dir: string;
  readonly rounds: number;
  /** The numbers of connections over which webhooks are received. */
  readonly connections: readonly number[];
  /** The duration of one load step. */
  readonly seconds: number;
  /** The number of shards of our bridge, and of partitions of every events topic. */
  readonly shards: number;
  /** A folder for CPU profiles of our API and worker; undefined for none. */
  readonly profileDir?: string | undefined;
  readonly log: (line: string) => void;
}
