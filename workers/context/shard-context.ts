import type { OptionalField } from "@clerk-kafka-bridge/events";
import type { AnalyticsConfig } from "../../src/analytics/analytics-config.ts";
import type { CacheConfig } from "../../src/cache/shared-cache.ts";
import type { UserReader } from "../../src/clerk/users/read-user.ts";
import type { ShardGroup } from "../../src/kafka/consuming/join-shard-group.ts";
import type { ShardPublisher } from "../../src/kafka/publishing/shard-publisher.ts";
import type { ClaimedCheckpoint, ShardLedger } from "../../src/ledger/shard-ledger.ts";
import type { DeadLetters } from "../../src/queue/dead-letters.ts";
import type { MessageQueues } from "../../src/queue/message-queues.ts";
import type { ShardJobs } from "../../src/queue/shard-jobs.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import type { Logger } from "../../src/shared/logger.ts";
import type { TakeBatchTurn } from "./batch-turns.ts";
import type { ReportDecisions } from "./decision-report.ts";
import type { StaleUsersConfig } from "../worker-config.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

/** What the shards of one worker share: how to own a shard, how to process its batches, and whom to tell. */
export interface ShardContext {
  readonly group: ShardGroup;
  /** Id of the Kafka cluster; a ledger of another cluster is rebuilt. */
  readonly cluster: string;
  readonly openPublisher: (shard: number) => Promise<ShardPublisher>;
  /** The offset behind the last record of the shard's state partition. */
  readonly stateEnd: (shard: number) => Promise<bigint>;
  readonly openLedger: (shard: number) => ShardLedger;
  readonly openJobs: (shard: number) => ShardJobs;
  /** Throws when the bridge has another number of shards than this worker, or is about to change it. */
  readonly confirmShardLayout: () => Promise<void>;
  /** Resolves when the group does not rebalance; immediately, except during a rebalance. */
  readonly rebalanced: () => Promise<void>;
  /** Call when Redis lost ledger data or failed over to a replica: it may have lost messages too. Never fails. */
  readonly onLedgerLoss: () => Promise<void>;
  /** Call for an error that retrying cannot fix; the process ends. */
  readonly onFatal: (error: unknown) => void;

  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly shardOf: (userId: string) => number;
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  readonly queues: MessageQueues;
  readonly deadLetters: DeadLetters;
  readonly readUser: UserReader;
  readonly batchMaxMessages: number;
  /** To be called before each batch. */
  readonly takeTurn: TakeBatchTurn;
  readonly staleUsers: StaleUsersConfig;
  readonly cache: CacheConfig;
  readonly analytics: AnalyticsConfig;

  readonly reportDecisions: ReportDecisions;
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  readonly now: () => number;
  readonly atStep: AtStep;
}

/** A shard that this worker drains. While it is valid, no other worker can commit to the shard; its ledger is complete. */
export interface OwnedShard {
  readonly shard: number;
  readonly publisher: ShardPublisher;
  readonly ledger: ShardLedger;
  readonly jobs: ShardJobs;
  claimed: ClaimedCheckpoint;
  close(): Promise<void>;
}

/** The steps of a batch at which a process may die without harm. Tests stop the worker there; in production they do nothing. */
export type Step = "taken" | "states_read" | "decided" | "sent" | "committed" | "applied" | "completed";

/** Called at each step; the batch continues when the promise resolves. */
export type AtStep = (step: Step) => Promise<void>;
