import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "bullmq";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import type { UserReader } from "../../clerk/users/user-reader.ts";
import type { ReconciliationConfig } from "../reconciliation-config.ts";
import { createShardOf } from "../../domain/shard-of.ts";
import { createLedgerView } from "../../ledger/ledger-view.ts";
import { backoffDelayMs } from "../../shared/backoff.ts";
import type { Logger } from "../../shared/logger.ts";
import { createReconciliationQueue, reconciliationQueueName, runRequestSchema } from "./reconciliation-queue.ts";
import type { MessageQueues } from "../../queue/message-queues.ts";
import { shardPrefix } from "../../redis/keys.ts";
import { createUserPageReader } from "../paging/user-page-reader.ts";
import type { ReconciliationMetrics } from "../reconciliation-metrics.ts";
import { reconciliationPrefix } from "../../redis/keys.ts";
import { type RunDeps, runReconciliation } from "./run-reconciliation.ts";
import { createWatermark } from "./watermark.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface ReconcilerDeps {
  readonly config: {
    readonly reconciliation: ReconciliationConfig;
    readonly shards: number;
    readonly redis: { readonly prefix: string };
  };
  /** Fails fast. */
  readonly redis: RedisClient;
  /** Blocks for jobs. */
  readonly jobsRedis: RedisClient;
  readonly clerk: Pick<ClerkApi, "read">;
  readonly readUser: UserReader;
  readonly queues: MessageQueues;
  readonly metrics: ReconciliationMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

export interface Reconciler {
  /**
   * Redis has lost data: queued messages may be lost, and so is the schedule. Resolves once Redis holds a full sweep and a
   * new schedule; waits while it is away.
   */
  sweepAfterLoss(): Promise<void>;
  /** Begins to take runs, and sees to the schedule. */
  start(): void;
  /** Cuts off a run that is under way; another worker starts it over. */
  stop(): Promise<void>;
}

/** A runner that gives no sign of life so long is dead, and its run is another's. */
const lockDurationMs = 6_000;
const lookForDeadEveryMs = 2_000;
const scheduleEveryMs = 30_000;
const requestAgainMs = 1_000;
const backoff = { firstDelayMs: 5_000, maxDelayMs: 5 * 60_000 };
const stopWithinMs = 3_000;

/**
 * Takes the runs of the reconciliation from their queue, which gives out one at a time whatever the number of workers. Only
 * a Redis that lost its data, or a runner that froze and wakes up, can make it two, and two are no harm: they queue what
 * they find, and the owner of a shard decides.
 */
export function createReconciler({ config, redis, jobsRedis, ...deps }: ReconcilerDeps): Reconciler {
  const { log } = deps;
  const { prefix } = config.redis;
  const stopping = new AbortController();
  const { signal } = stopping;
  const runs = createReconciliationQueue(jobsRedis, prefix);
  const runDeps: RunDeps = {
    ...deps,
    ...config.reconciliation,
    shards: config.shards,
    shardOf: createShardOf(config.shards),
    viewShard: (shard) => createLedgerView(redis, shardPrefix(prefix, shard)),
    readPage: createUserPageReader(deps.clerk, deps.now, signal),
    watermark: createWatermark(redis, prefix),
    signal,
  };

  const worker = new Worker(
    reconciliationQueueName,
    async (job) => {
      const report = await runReconciliation(runDeps, runRequestSchema.parse(job.data));
      // What was too young to be told from a webhook under way.
      if (report.kind === "full" && report.findings.young > 0) await runs.requestRecent("after_sweep", runDeps.graceMs);
      return report;
    },
    {
      connection: jobsRedis,
      prefix: reconciliationPrefix(prefix),
      autorun: false,
      lockDuration: lockDurationMs,
      stalledInterval: lookForDeadEveryMs,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      settings: { backoffStrategy: (attempt) => backoffDelayMs(backoff, attempt) },
    },
  );
  worker.on("error", (error) => log.debug({ event: "bullmq.error", queue: reconciliationQueueName, err: error }));

  async function keepScheduled(): Promise<void> {
    while (!signal.aborted) {
      await runs
        .schedule(config.reconciliation)
        .catch((error: unknown) => log.warn({ event: "reconciliation.unscheduled", err: error }, "No schedule yet"));
      await delay(scheduleEveryMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  return {
    sweepAfterLoss: async () => {
      for (;;) {
        try {
          await runs.requestSweep("ledger_loss");
          return await runs.schedule(config.reconciliation);
        } catch (error) {
          // The node of a cluster that holds the runs is away; nobody would notice the loss a second time.
          log.warn({ event: "reconciliation.not_requested", err: error }, "No sweep for a loss yet");
          await delay(requestAgainMs, undefined, { signal });
        }
      }
    },
    start: () => {
      if (signal.aborted) return;
      void keepScheduled();
      void worker.run();
    },
    stop: async () => {
      stopping.abort();
      const closed = Promise.allSettled([worker.close(), runs.close()]);
      await Promise.race([closed, delay(stopWithinMs, undefined, { ref: false })]);
    },
  };
}
