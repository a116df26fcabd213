/** What every part of the benchmarks is given. */
export interface BenchContext {
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** A folder for logs and prepared requests that goes at the end. */
  readonly dir: string;
  readonly rounds: number;
  /** How long one step of load lasts. */
  readonly seconds: number;
  /** Shards of ours, and partitions of every events topic. */
  readonly shards: number;
  readonly log: (line: string) => void;
}
