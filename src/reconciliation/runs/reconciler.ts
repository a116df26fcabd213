import type { OptionalField } from "@clerk-kafka-bridge/events";
import { setTimeout as delay } from "node:timers/promises";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import type { ClerkInstance } from "../../clerk/client/clerk-instance.ts";
import type { UserReader } from "../../clerk/users/read-user.ts";
import type { ReconciliationConfig } from "../reconciliation-config.ts";
import { createShardOf } from "../../domain/shard-of.ts";
import { createLedgerView } from "../../ledger/ledger-view.ts";
import { backoffDelayMs } from "../../shared/backoff.ts";
import type { Logger } from "../../shared/logger.ts";
import { createReconciliationQueue, reconciliationQueueName, runRequestSchema } from "./reconciliation-queue.ts";
import { openWorker } from "../../queue/open-bullmq.ts";
import type { MessageQueues } from "../../queue/message-queues.ts";
import { shardPrefix } from "../../redis/keys.ts";
import { createUserPageReader } from "../paging/user-page-reader.ts";
import type { ReconciliationMetrics } from "../reconciliation-metrics.ts";
import { reconciliationPrefix } from "../../redis/keys.ts";
import { runReconciliation } from "./run-reconciliation.ts";
import { type ReconciliationContext, createWatermark } from "../reconciliation-context.ts";
import { createCoverage } from "../coverage.ts";
import { createLastRuns } from "../last-runs.ts";
import { createSkippedShards } from "../run-shards.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface ReconcilerOptions {
  readonly config: {
    readonly reconciliation: ReconciliationConfig;
    readonly shards: number;
    readonly eventFields: readonly OptionalField[];
    readonly redis: { readonly prefix: string };
  };
  /** Fails fast. */
  readonly redis: RedisClient;
  /** Requests runs; waits while Redis is unavailable. */
  readonly jobsRedis: RedisClient;
  /** Blocks for runs. */
  readonly blockingRedis: RedisClient;
  readonly clerk: Pick<ClerkApi, "read">;
  readonly readUser: UserReader;
  readonly clerkInstance: Pick<ClerkInstance, "check">;
  readonly queues: MessageQueues;
  readonly metrics: ReconciliationMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

export interface Reconciler {
  /**
   * To be called after Redis lost data, which can include queued messages and the schedule. Resolves once Redis has stored a full sweep
   * and a new schedule; waits while Redis is unavailable.
   */
  sweepAfterLoss(): Promise<void>;
  /** Begins to execute runs and keeps the schedule. */
  start(): void;
  /** Aborts a run in progress; another worker starts it over. */
  stop(): Promise<void>;
}

/** A worker without a sign of life for this time counts as dead, and another worker takes over its run. */
const lockDurationMs = 6_000;
const stalledIntervalMs = 2_000;
const scheduleIntervalMs = 30_000;
const requestRetryMs = 1_000;
const backoff = { firstDelayMs: 5_000, maxDelayMs: 5 * 60_000 };
const stopTimeoutMs = 3_000;

/**
 * Executes the runs of the reconciliation from their queue, one at a time whatever the number of workers. Two runs at a time are
 * possible only after Redis lost its data or a frozen worker wakes up. They do no harm: runs queue what they find, and the owner of
 * a shard decides.
 */
export function createReconciler({ config, redis, jobsRedis, blockingRedis, ...deps }: ReconcilerOptions): Reconciler {
  const { log } = deps;
  const { prefix } = config.redis;
  const stopping = new AbortController();
  const { signal } = stopping;
  const runs = createReconciliationQueue(jobsRedis, prefix);
  const context: ReconciliationContext = {
    ...deps,
    ...config.reconciliation,
    shards: config.shards,
    shardOf: createShardOf(config.shards),
    viewShard: (shard) => createLedgerView(redis, shardPrefix(prefix, shard)),
    readPage: createUserPageReader(deps.clerk, { eventFields: config.eventFields, now: deps.now, signal }),
    eventFields: config.eventFields,
    watermark: createWatermark(redis, prefix),
    coverage: createCoverage(redis, prefix),
    skippedShards: createSkippedShards(redis, prefix),
    lastRuns: createLastRuns(redis, prefix),
    signal,
  };

  const worker = openWorker(
    {
      redis: blockingRedis,
      name: reconciliationQueueName,
      prefix: reconciliationPrefix(prefix),
      onError: (error) => log.debug({ event: "bullmq.error", queue: reconciliationQueueName, err: error }),
    },
    async (job) => {
      const report = await runReconciliation(context, runRequestSchema.parse(job.data));
      // Changes in the grace period could not be told from webhooks in flight.
      if (report.findings.inGracePeriod > 0) await runs.requestRecent("grace_over", context.graceMs);
      // Also those of an earlier run whose worker died before it could request the sweep.
      const skipped = await context.skippedShards.read();
      if (skipped.some((shard) => shard < context.shards)) await runs.requestSkipped();
      return report;
    },
    {
      lockDuration: lockDurationMs,
      stalledInterval: stalledIntervalMs,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      settings: { backoffStrategy: (attempt) => backoffDelayMs(backoff, attempt) },
    },
  );

  async function keepScheduled(): Promise<void> {
    while (!signal.aborted) {
      await runs
        .schedule(config.reconciliation)
        .catch((error: unknown) =>
          log.warn({ event: "reconciliation.unscheduled", err: error }, "The runs could not be scheduled"),
        );
      await delay(scheduleIntervalMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async function keepRunning(): Promise<void> {
    while (!signal.aborted) {
      await worker
        .run()
        .catch((error: unknown) =>
          log.warn({ event: "reconciliation.interrupted", err: error }, "The runs were interrupted"),
        );
      await delay(requestRetryMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  return {
    sweepAfterLoss: async () => {
      for (;;) {
        try {
          await runs.requestSweep("ledger_loss");
          return await runs.schedule(config.reconciliation);
        } catch (error) {
          // The cluster node of the queue is unavailable. The loss would not be noticed a second time.
          log.warn(
            { event: "reconciliation.not_requested", err: error },
            "The sweep after a loss could not be requested",
          );
          await delay(requestRetryMs, undefined, { signal });
        }
      }
    },
    start: () => {
      if (signal.aborted) return;
      void keepScheduled();
      void keepRunning();
    },
    stop: async () => {
      stopping.abort();
      const closed = Promise.allSettled([worker.close(), runs.close()]);
      await Promise.race([closed, delay(stopTimeoutMs, undefined, { ref: false })]);
    },
  };
}
