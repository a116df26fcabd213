import { Hono } from "hono";
import { openAuditOutbox } from "../src/audit/audit-outbox.ts";
import { openAuditPublisher } from "../src/audit/audit-publisher.ts";
import { createClerkApi } from "../src/clerk/client/clerk-api.ts";
import { createUserReader } from "../src/clerk/users/user-reader.ts";
import type { WorkerConfig } from "./worker-config.ts";
import { addHealth, type Readiness } from "../src/http/add-health.ts";
import { mapErrors } from "../src/http/map-errors.ts";
import { serve } from "../src/http/serve.ts";
import type { ShardGroup } from "../src/kafka/consuming/join-shard-group.ts";
import { openEventLog } from "../src/kafka/open-event-log.ts";
import { createShardOf } from "../src/domain/shard-of.ts";
import { openLedger } from "../src/ledger/shard-ledger.ts";
import { Lifecycle } from "../src/shared/lifecycle.ts";
import type { Logger } from "../src/shared/logger.ts";
import { createWorkerMetrics } from "../src/shared/metrics.ts";
import { openDeadLetters } from "../src/queue/dead-letters.ts";
import { openShardJobs } from "../src/queue/shard-jobs.ts";
import { openMessageQueues } from "../src/queue/message-queues.ts";
import { shardPrefix, shardPrefixes } from "../src/redis/keys.ts";
import { checkRedis } from "../src/redis/check-redis.ts";
import { connectBlocking, connectFailingFast } from "../src/redis/connect-redis.ts";
import { createTopologyGuard } from "../src/resharding/shard-layout-guard.ts";
import { openTopologyRecord } from "../src/resharding/shard-layout.ts";
import { refuseOtherTopology } from "../src/resharding/assert-shard-count.ts";
import { refusalOfWorker } from "../src/resharding/shard-layout.ts";
import { createFollowUp } from "./batches/batch-side-effects.ts";
import { joinWhenUp } from "./join-when-up.ts";
import { RebalanceGate } from "./shards/rebalance-gate.ts";
import { openReconciler } from "../src/reconciliation/runs/reconciler.ts";
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
  const metrics = createWorkerMetrics(() => supervisor.draining);
  const now = Date.now;
  const redis = connectFailingFast(config.redis.address, log, ledgerDeadlineMs);
  const jobsRedis = connectBlocking(config.redis.address, log);
  const clerk = createClerkApi({
    config: config.clerk,
    redis,
    redisPrefix: config.redis.prefix,
    registry: metrics.registry,
    log,
    now,
  });
  const readUser = createUserReader(clerk, now);
  const reconciler = openReconciler({
    config,
    redis,
    jobsRedis,
    clerk,
    readUser,
    registry: metrics.registry,
    log,
    now,
  });
  const eventLog = openEventLog(config.kafka, log);
  const guard = createTopologyGuard({
    topology: openTopologyRecord(redis, config.redis.prefix),
    eventLog,
    shards: config.shards,
    signal: stopping.signal,
  });
  const queues = openMessageQueues({ redis, redisPrefix: config.redis.prefix, deadlineMs: ledgerDeadlineMs });
  const gate = new RebalanceGate();
  const atStep = hooks.atStep ?? (async () => {});
  let joined: { group: ShardGroup; cluster: string } | undefined;

  const supervisor = new ShardSupervisor(() => {
    if (joined === undefined) throw new Error("no shard is assigned before the group is joined");
    return {
      group: joined.group,
      cluster: joined.cluster,
      confirmTopology: () => guard.confirm(),
      onFatal: hooks.onFatal,
      onLedgerLoss: async () => {
        metrics.ledgerLosses.inc();
        await reconciler.sweepAfterLoss();
      },
      openPublisher: (shard) => eventLog.openPublisher(shard, () => atStep("sent")),
      openLedger: (shard) => openLedger(redis, shardPrefix(config.redis.prefix, shard)),
      openJobs: (shard) => openShardJobs(jobsRedis, config.redis.prefix, shard, log),
      batchMaxMessages: config.kafka.batchMaxMessages,
      settled: () => gate.settled(),
      shardOf: createShardOf(config.shards),
      queues,
      policy: () => ({ unsureBefore: now() - config.staleUserCheckAfterMs }),
      readUser,
      deadLetters: openDeadLetters(redis, config.redis.prefix, config.deadLetters.retentionMs),
      followUp: createFollowUp({
        redis,
        redisPrefix: config.redis.prefix,
        cache: config.cache,
        analytics: config.analytics,
        metrics,
        log,
        now,
      }),
      metrics,
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
  addHealth(app, { registry: metrics.registry, readiness });
  const served = await serve(app, config);
  log.info({ event: "worker.listening", port: served.port }, "Worker's health is served");

  lifecycle.onStop("http", () => served.close());
  lifecycle.onStop("redis", () => {
    redis.disconnect();
    jobsRedis.disconnect();
  });
  const auditRelay = startAuditRelay({
    outbox: openAuditOutbox({
      redis,
      waitingRedis: connectFailingFast(config.redis.address, log, ledgerDeadlineMs),
      redisPrefix: config.redis.prefix,
      config: config.audit,
      abandonedAfterMs: auditAbandonedAfterMs,
    }),
    openPublisher: () => openAuditPublisher(config.kafka, log),
    metrics,
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
    refusalOf: refusalOfWorker,
  };
  refuseOtherTopology(ownTopology, topologyDeadlineMs)
    .then(() => joinWhenUp(eventLog, listener, log, stopping.signal))
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
