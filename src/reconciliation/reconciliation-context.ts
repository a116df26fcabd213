import type { OptionalField } from "@clerk-kafka-bridge/events";
import type { ClerkInstance } from "../clerk/client/clerk-instance.ts";
import type { UserReader } from "../clerk/users/read-user.ts";
import type { LedgerView } from "../ledger/ledger-view.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import type { Logger } from "../shared/logger.ts";
import type { UserPageReader } from "./paging/user-page-reader.ts";
import type { ReconciliationConfig } from "./reconciliation-config.ts";
import type { ReconciliationMetrics } from "./reconciliation-metrics.ts";
import type { Coverage } from "./coverage.ts";
import type { LastRuns } from "./last-runs.ts";
import type { RunShards, SkippedShards } from "./run-shards.ts";
import { z } from "zod";
import { watermarkKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** What it takes to compare Clerk's users with the ledger and to queue what is missing: for runs, backfill and verification. */
export interface ComparisonContext {
  readonly shards: number;
  readonly shardOf: (userId: string) => number;
  readonly viewShard: (shard: number) => LedgerView;
  readonly queues: Pick<MessageQueues, "add" | "countWaiting">;
  readonly readPage: UserPageReader;
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What the runs of the reconciliation work with. */
export interface ReconciliationContext
  extends
    ComparisonContext,
    Pick<ReconciliationConfig, "graceMs" | "overlapMs" | "maxDeletedPercent" | "deletionRecheckMs"> {
  readonly readUser: UserReader;
  readonly clerkInstance: Pick<ClerkInstance, "check">;
  readonly watermark: Watermark;
  readonly coverage: Pick<Coverage, "markFull">;
  readonly skippedShards: SkippedShards;
  readonly lastRuns: LastRuns;
  readonly metrics: ReconciliationMetrics;
  readonly log: Logger;
}

/** What one run works with. */
export interface RunContext extends ReconciliationContext {
  readonly runShards: RunShards;
}

/**
 * The time up to which Clerk's changes have been compared: every user with an `updated_at` up to it has been compared since, and
 * missed changes were queued.
 */
export interface Watermark {
  /** In ms by Clerk's clock; undefined before the first run, and when Redis has lost it. */
  read(): Promise<number | undefined>;
  write(at: number): Promise<void>;
}

export function createWatermark(redis: RedisClient, redisPrefix: string): Watermark {
  const key = watermarkKey(redisPrefix);
  return {
    read: async () =>
      z.coerce
        .number()
        .optional()
        .catch(undefined)
        .parse((await redis.get(key)) ?? undefined),
    write: async (at) => void (await redis.set(key, at)),
  };
}
