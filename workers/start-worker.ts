import { Hono } from "hono";
import { createAuditOutbox } from "../src/audit/audit-outbox.ts";
import { createAuditPublisher } from "../src/audit/audit-publisher.ts";
import { createClerkApi } from "../src/clerk/client/clerk-api.ts";
import { createUserReader } from "../src/clerk/users/user-reader.ts";
import type { WorkerConfig } from "./worker-config.ts";
import { addHealth, type Readiness } from "../src/http/add-health.ts";
import { mapErrors } from "../src/http/map-errors.ts";
import { serve } from "../src/http/serve.ts";
import type { ShardGroup } from "../src/kafka/consuming/join-shard-group.ts";
import { openEventLog } from "../src/kafka/open-event-log.ts";
import { createShardOf } from "../src/domain/shard-of.ts";
import { createShardLedger } from "../src/ledger/shard-ledger.ts";
import { Lifecycle } from "../src/shared/lifecycle.ts";
import type { Logger } from "../src/shared/logger.ts";
import { createRegistry } from "../src/shared/metrics.ts";
import { createAuditRelayMetrics } from "../src/audit/audit-metrics.ts";
import { createBatchMetrics } from "./batches/batch-metrics.ts";
import { createShardMetrics } from "./shards/shard-metrics.ts";
import { createDeadLetters } from "../src/queue/dead-letters.ts";
import { createShardJobs } from "../src/queue/shard-jobs.ts";
import { createMessageQueues } from "../src/queue/message-queues.ts";
import { shardPrefix, shardPrefixes } from "../src/redis/keys.ts";
import { checkRedis } from "../src/redis/check-redis.ts";
import { createBlockingRedis, createFailFastRedis } from "../src/redis/create-redis.ts";
import { createShardLayoutGuard } from "../src/resharding/shard-layout-guard.ts";
import { createShardLayoutRecord } from "../src/resharding/shard-layout.ts";
import { assertShardCount } from "../src/resharding/assert-shard-count.ts";
import { workerShardCountError } from "../src/resharding/shard-layout.ts";
import { createBatchSideEffects } from "./batches/batch-side-effects.ts";
import { joinWhenAvailable } from "./join-when-available.ts";
import { RebalanceGate } from "./shards/rebalance-gate.ts";
import { createReconciler } from "../src/reconciliation/runs/reconciler.ts";
import { startAuditRelay } from "../src/audit/audit-relay.ts";
import type { AtStep } from "./batches/process-batch.ts";
import { ShardSupervisor } from "./shards/shard-supervisor.ts";

export interface WorkerHooks {
  readonly atStep?: AtStep;
  /** Something no waiting mends has happened after the start; the process should end. */
  readonly onFatal: (error: unknown) => void;
}

const stuckAfterMs = 10_000;
const ledgerDeadlineMs = 5_000;
const topologyDeadlineMs = 1_000;
const auditAbandonedAfterMs = 60_000;

/**
 * Starts the worker: health first, then, as soon as Kafka is there, a place in the group and the shards it is assigned.
 * Resolves when health is served; what follows is told by `/readyz`, and by `onFatal` when it can never succeed.
 */
export async function startWorker(
  config: WorkerConfig,
  log: Logger,
  hooks: WorkerHooks,
): Promise<{ port: number; lifecycle: Lifecycle }> {
  const lifecycle = new Lifecycle(log);
  const stopping = new AbortController();
  const registry = createRegistry("worker");
  const metrics = createBatchMetrics(registry);
  const shardMetrics = createShardMetrics(registry, () => supervisor.draining);
  const now = Date.now;
  const redis = createFailFastRedis(config.redis.address, log, ledgerDeadlineMs);
  const jobsRedis = createBlockingRedis(config.redis.address, log);
  const clerk = createClerkApi({
    config: config.clerk,
    redis,
    redisPrefix: config.redis.prefix,
    registry,
    log,
    now,
  });
  const readUser = createUserReader(clerk, now);
  const reconciler = createReconciler({
    config,
    redis,
    jobsRedis,
    clerk,
    readUser,
    registry,
    log,
    now,
  });
  const eventLog = openEventLog(config.kafka, log);
  const guard = createShardLayoutGuard({
    shardLayout: createShardLayoutRecord(redis, config.redis.prefix),
    eventLog,
    shards: config.shards,
    signal: stopping.signal,
  });
  const queues = createMessageQueues({ redis, redisPrefix: config.redis.prefix, deadlineMs: ledgerDeadlineMs });
  const gate = new RebalanceGate();
  const atStep = hooks.atStep ?? (async () => {});
  let joined: { group: ShardGroup; cluster: string } | undefined;

  const supervisor = new ShardSupervisor(() => {
    if (joined === undefined) throw new Error("no shard is assigned before the group is joined");
    return {
      group: joined.group,
      cluster: joined.cluster,
      confirmShardLayout: () => guard.confirm(),
      onFatal: hooks.onFatal,
      onLedgerLoss: async () => {
        shardMetrics.ledgerLosses.inc();
        await reconciler.sweepAfterLoss();
      },
      openPublisher: (shard) => eventLog.openPublisher(shard, () => atStep("sent")),
      createShardLedger: (shard) => createShardLedger(redis, shardPrefix(config.redis.prefix, shard)),
      openJobs: (shard) => createShardJobs(jobsRedis, config.redis.prefix, shard, log),
      batchMaxMessages: config.kafka.batchMaxMessages,
      settled: () => gate.settled(),
      shardOf: createShardOf(config.shards),
      queues,
      policy: () => ({ verifyBefore: now() - config.staleUserCheckAfterMs }),
      readUser,
      deadLetters: createDeadLetters(redis, config.redis.prefix, config.deadLetters.retentionMs),
      runSideEffects: createBatchSideEffects({
        redis,
        redisPrefix: config.redis.prefix,
        cache: config.cache,
        analytics: config.analytics,
        metrics,
        log,
        now,
      }),
      metrics,
      shardMetrics,
      log,
      now,
      atStep,
    };
  }, now);

  const readiness = async (): Promise<Readiness> => {
    const stuck = supervisor.stuck(stuckAfterMs);
    return {
      redis: await checkRedis(redis, shardPrefixes(config.redis.prefix, config.shards)),
      kafka: kafkaCondition(joined?.group, config.kafka.sessionTimeoutMs, now()),
      shards: stuck.size === 0 || [...stuck].map(([shard, reason]) => `${shard}: ${reason}`).join("; "),
    };
  };
  const app = new Hono();
  mapErrors(app, log);
  addHealth(app, { registry, readiness });
  const served = await serve(app, config);
  log.info({ event: "worker.listening", port: served.port }, "Worker's health is served");

  lifecycle.onStop("http", () => served.close());
  lifecycle.onStop("redis", () => {
    redis.disconnect();
    jobsRedis.disconnect();
  });
  const auditRelay = startAuditRelay({
    outbox: createAuditOutbox({
      redis,
      waitingRedis: createFailFastRedis(config.redis.address, log, ledgerDeadlineMs),
      redisPrefix: config.redis.prefix,
      config: config.audit,
      abandonedAfterMs: auditAbandonedAfterMs,
    }),
    openPublisher: () => createAuditPublisher(config.kafka, log),
    metrics: createAuditRelayMetrics(registry),
    log,
    now,
  });
  lifecycle.onStop("audit relay", () => auditRelay.stop());
  lifecycle.onStop("queues", () => queues.close());
  lifecycle.onStop("group", () => joined?.group.leave());
  lifecycle.onStop("shards", () => supervisor.stop());
  lifecycle.onStop("reconciliation", () => reconciler.stop());
  lifecycle.onStop("joining", () => stopping.abort());

  const listener = {
    onRebalancing: () => gate.close(),
    onAssigned: (shards: ReadonlySet<number>) => {
      log.info({ event: "group.assigned", shards: [...shards] }, "Shards assigned");
      gate.open();
      if (joined !== undefined) supervisor.assign(shards);
    },
    onFatal: hooks.onFatal,
  };
  const ownTopology = {
    redis,
    redisPrefix: config.redis.prefix,
    shards: config.shards,
    shardCountError: workerShardCountError,
  };
  assertShardCount(ownTopology, topologyDeadlineMs)
    .then(() => joinWhenAvailable(eventLog, listener, log, stopping.signal))
    .then((result) => {
      joined = result;
      supervisor.assign(result.group.assigned());
      reconciler.start();
    })
    .catch((error: unknown) => {
      if (!stopping.signal.aborted) hooks.onFatal(error);
    });
  return { port: served.port, lifecycle };
}

function kafkaCondition(group: ShardGroup | undefined, sessionTimeoutMs: number, at: number): true | string {
  if (group === undefined) return "not joined yet";
  const silentMs = at - group.confirmedAt();
  return silentMs < sessionTimeoutMs || `no word from the group's coordinator for ${silentMs} ms`;
}
