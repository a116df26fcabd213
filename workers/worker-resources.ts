import type { Registry } from "prom-client";
import { type ClerkApi, createClerkApi } from "../src/clerk/client/clerk-api.ts";
import { type ClerkInstance, createClerkInstance } from "../src/clerk/client/clerk-instance.ts";
import { registerBacklogMetrics } from "../src/queue/backlog-metrics.ts";
import { createDeadLetters } from "../src/queue/dead-letters.ts";
import { createUserReader, type UserReader } from "../src/clerk/users/read-user.ts";
import { type EventLog, openEventLog } from "../src/kafka/open-event-log.ts";
import { type DecisionFeed, startDecisionFeed } from "../src/queue/decision-feed.ts";
import { createMessageQueues, type MessageQueues } from "../src/queue/message-queues.ts";
import { createBlockingRedis, createFailFastRedis, createJobsRedis } from "../src/redis/create-redis.ts";
import { startMemoryWatch } from "../src/redis/redis-memory.ts";
import type { RedisClient } from "../src/redis/redis-client.ts";
import {
  createReconciliationMetrics,
  type ReconciliationMetrics,
} from "../src/reconciliation/reconciliation-metrics.ts";
import { createLastRuns, registerLastRunMetrics } from "../src/reconciliation/last-runs.ts";
import type { Lifecycle } from "../src/shared/lifecycle.ts";
import type { Logger } from "../src/shared/logger.ts";
import { createRegistry } from "../src/shared/metrics.ts";
import { createWorkerMetrics, type WorkerMetrics } from "./context/worker-metrics.ts";
import type { WorkerConfig } from "./worker-config.ts";

/** The connections and metrics of one worker process. */
export interface WorkerResources {
  /** Commands fail while Redis is unavailable. */
  readonly redis: RedisClient;
  /** For jobs; waits while Redis is unavailable. */
  readonly jobsRedis: RedisClient;
  /** Blocks for runs of the reconciliation, and while Redis is unavailable. */
  readonly blockingRedis: RedisClient;
  readonly queues: MessageQueues;
  readonly decisionFeed: DecisionFeed;
  readonly clerk: ClerkApi;
  readonly clerkInstance: ClerkInstance;
  readonly readUser: UserReader;
  readonly eventLog: EventLog;
  readonly registry: Registry;
  readonly metrics: WorkerMetrics;
  readonly reconciliationMetrics: ReconciliationMetrics;
}

export const redisTimeoutMs = 5_000;

/** Opens the resources and registers their release. Needs neither Redis nor Kafka nor Clerk to be available. */
export function openWorkerResources(config: WorkerConfig, log: Logger, lifecycle: Lifecycle): WorkerResources {
  const now = Date.now;
  const { address, prefix: redisPrefix } = config.redis;
  const registry = createRegistry("worker");
  const redis = createFailFastRedis(address, log, redisTimeoutMs);
  lifecycle.onStop("redis", () => redis.disconnect());
  const memory = startMemoryWatch(redis, registry, log);
  lifecycle.onStop("memory watch", () => memory.stop());
  const jobsRedis = createJobsRedis(address, log);
  lifecycle.onStop("jobs redis", () => jobsRedis.disconnect());
  const blockingRedis = createBlockingRedis(address, log);
  lifecycle.onStop("blocking redis", () => blockingRedis.disconnect());
  const queues = createMessageQueues({ redis, redisPrefix, deadlineMs: redisTimeoutMs });
  lifecycle.onStop("queues", () => queues.close());
  const deadLetters = createDeadLetters(redis, redisPrefix, config.deadLetters.retentionMs);
  registerBacklogMetrics({ registry, queues, deadLetters, shards: config.shards, now });
  registerLastRunMetrics(registry, createLastRuns(redis, redisPrefix));
  const decisionFeed = startDecisionFeed(redis, redisPrefix, log);
  lifecycle.onStop("decision feed", () => decisionFeed.stop());
  const clerk = createClerkApi({ config: config.clerk, redis, redisPrefix, registry, log, now });
  const clerkInstance = createClerkInstance(clerk, { redis, redisPrefix, now });
  return {
    redis,
    jobsRedis,
    blockingRedis,
    queues,
    decisionFeed,
    clerk,
    clerkInstance,
    readUser: createUserReader(clerk, clerkInstance, { eventFields: config.eventFields, now }),
    eventLog: openEventLog(config.kafka, log),
    registry,
    metrics: createWorkerMetrics(registry),
    reconciliationMetrics: createReconciliationMetrics(registry),
  };
}
