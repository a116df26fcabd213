import { Hono } from "hono";
import { addHealth, type Readiness } from "../src/http/add-health.ts";
import { mapErrors } from "../src/http/map-errors.ts";
import { serve } from "../src/http/serve.ts";
import type { ShardGroup } from "../src/kafka/consuming/join-shard-group.ts";
import { checkRedis } from "../src/redis/redis-client.ts";
import { shardPrefixes } from "../src/redis/keys.ts";
import type { Lifecycle } from "../src/shared/lifecycle.ts";
import type { Logger } from "../src/shared/logger.ts";
import type { ShardSupervisor } from "./shards/shard-supervisor.ts";
import type { WorkerConfig } from "./worker-config.ts";
import type { WorkerResources } from "./worker-resources.ts";

/** A worker that has joined the group. */
export interface JoinedWorker {
  readonly group: ShardGroup;
  readonly supervisor: ShardSupervisor;
}

const stalledAfterMs = 10_000;

/** Serves `/livez`, `/readyz` and `/metrics`. `joined` is undefined until the worker is in the group. Resolves with the port. */
export async function serveWorkerHealth(
  config: WorkerConfig,
  { redis, registry }: WorkerResources,
  joined: () => JoinedWorker | undefined,
  log: Logger,
  lifecycle: Lifecycle,
): Promise<number> {
  const app = new Hono();
  mapErrors(app, log);
  const readiness = async (): Promise<Readiness> => ({
    redis: await checkRedis(redis, shardPrefixes(config.redis.prefix, config.shards)),
    kafka: checkGroup(joined()?.group, config.kafka.sessionTimeoutMs),
    shards: checkShards(joined()?.supervisor),
  });
  addHealth(app, { registry, readiness });
  const served = await serve(app, config);
  lifecycle.onStop("http", () => served.close());
  log.info({ event: "worker.listening", port: served.port }, "Worker's health endpoints are served");
  return served.port;
}

function checkGroup(group: ShardGroup | undefined, sessionTimeoutMs: number): true | string {
  if (group === undefined) return "not joined yet";
  const silentMs = Date.now() - group.confirmedAt();
  return silentMs < sessionTimeoutMs || `no answer from the group coordinator for ${silentMs} ms`;
}

function checkShards(supervisor: ShardSupervisor | undefined): true | string {
  const stalled = [...(supervisor?.stalled(stalledAfterMs) ?? [])];
  return stalled.length === 0 || stalled.map(([shard, reason]) => `${shard}: ${reason}`).join("; ");
}
