import { createAuditRelayMetrics } from "../src/audit/audit-trail.ts";
import { createAuditOutbox } from "../src/audit/audit-outbox.ts";
import { createAuditPublisher } from "../src/audit/audit-publisher.ts";
import { startAuditRelay } from "../src/audit/audit-relay.ts";
import { startProcessReports } from "../src/inspection/process-reports.ts";
import { countOf, createRecentQuantiles } from "../src/inspection/recent-quantiles.ts";
import { createReconciler } from "../src/reconciliation/runs/reconciler.ts";
import { createFailFastRedis } from "../src/redis/create-redis.ts";
import { assertShardCount, workerShardCountError } from "../src/resharding/shard-layout.ts";
import { Lifecycle } from "../src/shared/lifecycle.ts";
import { type Logger, withoutEmails } from "../src/shared/logger.ts";
import type { AtStep } from "./context/shard-context.ts";
import { createShardContext } from "./create-shard-context.ts";
import { joinWhenAvailable } from "./join-when-available.ts";
import { ShardAssignment } from "./shards/shard-assignment.ts";
import { ShardSupervisor } from "./shards/shard-supervisor.ts";
import type { WorkerConfig } from "./worker-config.ts";
import { type Membership, serveWorkerHealth } from "./worker-health.ts";
import { openWorkerResources, redisTimeoutMs, type WorkerResources } from "./worker-resources.ts";

export interface WorkerHooks {
  readonly atStep?: AtStep;
  /** Called after the start for an error that retrying cannot fix; the process should end. */
  readonly onFatal: (error: unknown) => void;
}

const shardCountTimeoutMs = 1_000;
const auditAbandonedAfterMs = 60_000;

/**
 * Starts the worker. Resolves when its health endpoints are served. Then, as soon as Kafka is available, the worker joins
 * the group and runs its shards. `/readyz` shows the progress, and `onFatal` reports an error that ends it.
 */
export async function startWorker(
  config: WorkerConfig,
  anyLog: Logger,
  hooks: WorkerHooks,
): Promise<{ port: number; lifecycle: Lifecycle }> {
  const log = config.logEmails ? anyLog : withoutEmails(anyLog);
  const lifecycle = new Lifecycle(log);
  const resources = openWorkerResources(config, log, lifecycle);
  let membership: Membership = { state: "waiting", reason: "connecting" };
  const port = await serveWorkerHealth(config, resources, () => membership, log, lifecycle);
  relayAudit(config, resources, log, lifecycle);
  reportProcess(config, resources, () => membership, log, lifecycle);
  const follow = (changed: Membership) => void (membership = changed);
  joinAndRun(config, resources, log, lifecycle, hooks, follow).catch((error: unknown) => {
    if (!lifecycle.signal.aborted) hooks.onFatal(error);
  });
  return { port, lifecycle };
}

function reportProcess(
  config: WorkerConfig,
  { redis, metrics }: WorkerResources,
  membership: () => Membership,
  log: Logger,
  lifecycle: Lifecycle,
) {
  const quantiles = createRecentQuantiles(metrics.endToEndSeconds);
  const reports = startProcessReports("worker", {
    redis,
    redisPrefix: config.redis.prefix,
    read: async () => {
      const joined = membership();
      return {
        webhooks: { received: 0, rejected: 0 },
        events: await countOf(metrics.committed),
        endToEndSeconds: await quantiles(),
        shards: joined.state === "joined" ? [...joined.supervisor.describe()] : [],
      };
    },
    now: Date.now,
    log,
  });
  lifecycle.onStop("process reports", () => reports.stop());
}

function relayAudit(config: WorkerConfig, { redis, registry }: WorkerResources, log: Logger, lifecycle: Lifecycle) {
  const relay = startAuditRelay({
    outbox: createAuditOutbox({
      redis,
      blockingRedis: createFailFastRedis(config.redis.address, log, redisTimeoutMs),
      redisPrefix: config.redis.prefix,
      config: config.audit,
      abandonedAfterMs: auditAbandonedAfterMs,
    }),
    openPublisher: () => createAuditPublisher(config.kafka, log),
    metrics: createAuditRelayMetrics(registry),
    log,
    now: Date.now,
  });
  lifecycle.onStop("audit relay", () => relay.stop());
}

async function joinAndRun(
  config: WorkerConfig,
  resources: WorkerResources,
  log: Logger,
  lifecycle: Lifecycle,
  { atStep = async () => {}, onFatal }: WorkerHooks,
  onMembership: (membership: Membership) => void,
): Promise<void> {
  const { redis, jobsRedis, blockingRedis, queues, clerk, clerkInstance, readUser, eventLog, reconciliationMetrics } =
    resources;
  const { signal } = lifecycle;
  const layout = { redis, redisPrefix: config.redis.prefix, shards: config.shards };
  await assertShardCount({ ...layout, shardCountError: workerShardCountError }, shardCountTimeoutMs);
  const assignment = new ShardAssignment(log, onFatal);
  const onWaiting = (reason: string) => onMembership({ state: "waiting", reason });
  const { group, cluster } = await joinWhenAvailable(eventLog, assignment, log, signal, onWaiting);
  if (signal.aborted) return group.leave();
  lifecycle.onStop("group", () => group.leave());
  const reconciler = createReconciler({
    config,
    redis,
    jobsRedis,
    blockingRedis,
    queues,
    clerk,
    clerkInstance,
    readUser,
    metrics: reconciliationMetrics,
    log,
    now: Date.now,
  });
  const supervisor = new ShardSupervisor(
    createShardContext({
      config,
      resources,
      group,
      cluster,
      rebalanced: () => assignment.rebalanced(),
      onLedgerLoss: () => reconciler.sweepAfterLoss(),
      onFatal,
      atStep,
      log,
      signal,
    }),
  );
  lifecycle.onStop("shards", () => supervisor.stop());
  // Stops before the shards do: a shard may wait for the request of a sweep.
  lifecycle.onStop("reconciliation", () => reconciler.stop());
  assignment.follow((shards) => supervisor.assign(shards));
  reconciler.start();
  onMembership({ state: "joined", group, supervisor });
}
