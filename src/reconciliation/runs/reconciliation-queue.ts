import type { JobsOptions } from "bullmq";
import { z } from "zod";
import type { ReconciliationConfig } from "../reconciliation-config.ts";
import { openQueue } from "../../queue/open-bullmq.ts";
import { reconciliationPrefix } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export const reconciliationQueueName = "runs";

/** The request of a job. `recent` compares the newest changes; `full` compares all users and finds deletions. */
export const runRequestSchema = z.object({
  kind: z.enum(["recent", "full"]),
  /** Why the run was requested, for the log. */
  reason: z.string(),
  /** Publish any number of deletions. */
  allDeletions: z.boolean().default(false),
  /** Compare only the shards that earlier runs have skipped. */
  skippedOnly: z.boolean().default(false),
});
export type RunRequest = z.infer<typeof runRequestSchema>;

/** The state of a requested run; `unknown` once its job has been removed. */
export type RunState =
  | { readonly state: "waiting" | "running" | "unknown" }
  | { readonly state: "done"; readonly result: unknown }
  /** Failed for good, after all retries. */
  | { readonly state: "failed"; readonly reason: string };

/** Requests runs, which the workers execute one at a time. */
export interface ReconciliationQueue {
  /**
   * Creates or repairs the schedule of the runs. Every worker calls it from time to time, because a Redis that lost its data has lost
   * the schedule too.
   */
  schedule(config: Pick<ReconciliationConfig, "everyMs" | "sweepCron">): Promise<void>;
  /**
   * Resolves once Redis has stored a full sweep that begins after this call. At most one sweep runs and one waits, whatever the number
   * of requests. It is retried until it succeeds.
   */
  requestSweep(reason: string): Promise<void>;
  /** Requests a full sweep of the shards that runs have skipped. At most one waits, and it is retried until it succeeds. */
  requestSkipped(): Promise<void>;
  /** Requests a run over the recent changes after a delay. At most one such run waits. */
  requestRecent(reason: string, delayMs: number): Promise<void>;
  /** Requests a separate run for a caller that waits for it; resolves with its id. */
  ask(request: z.input<typeof runRequestSchema>): Promise<string>;
  find(id: string): Promise<RunState>;
  close(): Promise<void>;
}

/** Shards notice a loss one after the other and rebuild their ledgers. */
const afterLossMs = 2_000;
/** A skipped shard is usually being rebuilt, or changes its owner. */
const skippedAfterMs = 5_000;
const kept = { removeOnComplete: { count: 20 }, removeOnFail: { count: 20 } };
/** The reconciler computes the delay for any type. Stored jobs of earlier releases have the type `patient`. */
const backoff = { type: "capped-exponential" };
const attempts = { recent: 3, full: 10, untilDone: 1_000_000 };
const overdueMs = 60_000;

/** Waits while Redis is unavailable; with a connection that fails fast it throws instead. */
export function createReconciliationQueue(redis: RedisClient, redisPrefix: string): ReconciliationQueue {
  const queue = openQueue({ redis, name: reconciliationQueueName, prefix: reconciliationPrefix(redisPrefix) });

  const add = (request: z.input<typeof runRequestSchema>, options: JobsOptions) =>
    queue.add(request.kind, request, { attempts: attempts[request.kind], backoff, ...kept, ...options });

  async function keepScheduled(kind: RunRequest["kind"], repeat: { every: number } | { pattern: string; tz: string }) {
    const known = await queue.getJobScheduler(kind);
    const same = "every" in repeat ? known?.every === repeat.every : known?.pattern === repeat.pattern;
    // A schedule whose next job was lost would never run again.
    if (same && known?.next !== undefined && known.next > Date.now() - overdueMs) return;
    await queue.upsertJobScheduler(kind, repeat, {
      name: kind,
      data: { kind, reason: "schedule" },
      opts: { attempts: attempts[kind], backoff, ...kept },
    });
  }

  return {
    schedule: async ({ everyMs, sweepCron }) => {
      await queue.setGlobalConcurrency(1);
      if (everyMs > 0) await keepScheduled("recent", { every: everyMs });
      else await queue.removeJobScheduler("recent");
      if (sweepCron !== undefined) await keepScheduled("full", { pattern: sweepCron, tz: "UTC" });
      else await queue.removeJobScheduler("full");
    },
    requestSweep: async (reason) => {
      await add(
        { kind: "full", reason },
        {
          delay: afterLossMs,
          attempts: attempts.untilDone,
          deduplication: { id: "sweep", keepLastIfActive: true },
        },
      );
    },
    requestSkipped: async () => {
      await add(
        { kind: "full", reason: "skipped_shards", skippedOnly: true },
        {
          delay: skippedAfterMs,
          attempts: attempts.untilDone,
          deduplication: { id: "skipped", keepLastIfActive: true },
        },
      );
    },
    requestRecent: async (reason, delay) => {
      await add({ kind: "recent", reason }, { delay, deduplication: { id: "recent", keepLastIfActive: true } });
    },
    ask: async (request) => (await add(request, {})).id ?? "",
    find: async (id) => {
      const job = await queue.getJob(id);
      if (job === undefined) return { state: "unknown" };
      if (job.finishedOn === undefined) return { state: job.processedOn === undefined ? "waiting" : "running" };
      if (await job.isCompleted()) return { state: "done", result: job.returnvalue };
      return { state: "failed", reason: job.failedReason ?? "" };
    },
    close: () => queue.close(),
  };
}
