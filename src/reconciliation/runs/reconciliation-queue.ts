import { type JobsOptions, Queue } from "bullmq";
import { z } from "zod";
import type { ReconciliationConfig } from "../reconciliation-config.ts";
import { reconciliationPrefix } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export const reconciliationQueueName = "runs";

/** What a job asks for: `recent` compares the newest changes, `full` all users and finds deletions. */
export const runRequestSchema = z.object({
  kind: z.enum(["recent", "full"]),
  /** For the log: who asked. */
  reason: z.string(),
  /** Publish deletions however many there are. */
  allDeletions: z.boolean().default(false),
});
export type RunRequest = z.infer<typeof runRequestSchema>;

/** Where a run that was asked for stands; `unknown` once its job is forgotten. */
export type RunState =
  | { readonly state: "waiting" | "running" | "unknown" }
  | { readonly state: "done"; readonly result: unknown }
  /** Gone for good; before that it was tried again. */
  | { readonly state: "failed"; readonly reason: string };

/** Who wants runs asks here; the workers run them, one at a time. */
export interface ReconciliationQueue {
  /**
   * Makes the runs come by the clock. Every worker calls it now and then: a Redis that lost its data has lost the schedule,
   * too. Nothing happens when all is as it should be.
   */
  schedule(config: Pick<ReconciliationConfig, "everyMs" | "sweepCron">): Promise<void>;
  /**
   * Resolves once Redis holds a full sweep that begins after now. However many ask, there is one that runs and one that
   * waits, at most. It is tried until it succeeds.
   */
  requestSweep(reason: string): Promise<void>;
  /** A run over the recent changes, so much later; one at most waits. */
  requestRecent(reason: string, delayMs: number): Promise<void>;
  /** A run of its own for somebody who waits for it; resolves with its id. */
  ask(request: RunRequest): Promise<string>;
  find(id: string): Promise<RunState>;
  close(): Promise<void>;
}

/** Shards notice a loss one after the other, and make their ledgers anew. */
const afterLossMs = 2_000;
const kept = { removeOnComplete: { count: 20 }, removeOnFail: { count: 20 } };
const backoff = { type: "patient" };
const attempts = { recent: 3, full: 10, untilDone: 1_000_000 };
const overdueMs = 60_000;

/** Waits while Redis is away; with a connection that fails fast it throws instead. */
export function createReconciliationQueue(redis: RedisClient, redisPrefix: string): ReconciliationQueue {
  const queue = new Queue(reconciliationQueueName, { connection: redis, prefix: reconciliationPrefix(redisPrefix) });
  queue.on("error", () => {}); // The connection's own listener has logged it.

  const add = (request: RunRequest, options: JobsOptions) =>
    queue.add(request.kind, request, { attempts: attempts[request.kind], backoff, ...kept, ...options });

  async function keepScheduled(kind: RunRequest["kind"], repeat: { every: number } | { pattern: string; tz: string }) {
    const known = await queue.getJobScheduler(kind);
    const same = "every" in repeat ? known?.every === repeat.every : known?.pattern === repeat.pattern;
    // A schedule whose next job is gone would be silent for ever.
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
        { kind: "full", reason, allDeletions: false },
        {
          delay: afterLossMs,
          attempts: attempts.untilDone,
          deduplication: { id: "sweep", keepLastIfActive: true },
        },
      );
    },
    requestRecent: async (reason, delay) => {
      await add({ kind: "recent", reason, allDeletions: false }, { delay, deduplication: { id: "recent" } });
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
