import { createShardOf } from "../src/domain/shard-of.ts";
import type { ShardGroup } from "../src/kafka/consuming/join-shard-group.ts";
import { createShardLedger } from "../src/ledger/shard-ledger.ts";
import { createDeadLetters } from "../src/queue/dead-letters.ts";
import { createShardJobs } from "../src/queue/shard-jobs.ts";
import { shardPrefix } from "../src/redis/keys.ts";
import { createShardLayoutGuard } from "../src/resharding/shard-layout-guard.ts";
import { createShardLayoutRecord } from "../src/resharding/shard-layout.ts";
import type { Logger } from "../src/shared/logger.ts";
import { createDecisionReport } from "./context/decision-report.ts";
import type { AtStep, ShardContext } from "./context/shard-context.ts";
import { createBatchTurns } from "./context/batch-turns.ts";
import type { WorkerConfig } from "./worker-config.ts";
import type { WorkerResources } from "./worker-resources.ts";

export interface ShardContextOptions {
  readonly config: WorkerConfig;
  readonly resources: WorkerResources;
  readonly group: ShardGroup;
  readonly cluster: string;
  readonly rebalanced: () => Promise<void>;
  readonly onLedgerLoss: () => Promise<void>;
  readonly onFatal: (error: unknown) => void;
  readonly atStep: AtStep;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Creates what the shards of a worker share once it has joined the group. */
export function createShardContext({
  config,
  resources,
  onLedgerLoss,
  signal,
  ...options
}: ShardContextOptions): ShardContext {
  const { redis, jobsRedis, eventLog, queues, readUser, metrics } = resources;
  const { log, atStep } = options;
  const redisPrefix = config.redis.prefix;
  const guard = createShardLayoutGuard({
    shardLayout: createShardLayoutRecord(redis, redisPrefix),
    eventLog,
    shards: config.shards,
    signal,
  });
  return {
    ...options,
    openPublisher: (shard) => eventLog.openPublisher(shard, () => atStep("sent")),
    stateEnd: (shard) => eventLog.stateEnd(shard),
    openLedger: (shard) => createShardLedger(redis, shardPrefix(redisPrefix, shard)),
    openJobs: (shard) => createShardJobs(jobsRedis, redisPrefix, shard, log),
    confirmShardLayout: () => guard.confirm(),
    onLedgerLoss: async () => {
      metrics.ledgerLosses.inc();
      await onLedgerLoss();
    },
    redis,
    redisPrefix,
    shardOf: createShardOf(config.shards),
    eventFields: config.eventFields,
    queues,
    deadLetters: createDeadLetters(redis, redisPrefix, config.deadLetters.retentionMs),
    readUser,
    batchMaxMessages: config.kafka.batchMaxMessages,
    takeTurn: createBatchTurns(),
    staleUsers: config.staleUsers,
    cache: config.cache,
    analytics: config.analytics,
    reportDecisions: createDecisionReport({ feed: resources.decisionFeed, log, now: Date.now }),
    metrics,
    now: Date.now,
  };
}
