import { Redis } from "ioredis";
import { waitFor } from "../../dev/stack/wait-for.ts";
import type { BenchContext } from "../context.ts";
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

/** Resolves when no job is waiting or active. */
export async function waitUntilEmpty(queues: Pick<BenchQueues, "countJobs">): Promise<void> {
  const isEmpty = async () => (await queues.countJobs()) === 0;
  await waitFor("the queues are empty", isEmpty, { deadlineMs: 300_000, intervalMs: 50 });
}

/** Deletes all data of the benchmarks' own Redis. */
export async function flushRedis({ redisUrl }: BenchContext): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  redis.disconnect();
}
