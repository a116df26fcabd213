import { Hono } from "hono";
import { addHealth, type Readiness } from "../src/http/add-health.ts";
import { mapErrors } from "../src/http/api-error.ts";
import { serve } from "../src/http/serve.ts";
import type { ShardGroup } from "../src/kafka/consuming/join-shard-group.ts";
import { checkRedis } from "../src/redis/redis-client.ts";
import { shardPrefixes } from "../src/redis/keys.ts";
import type { Lifecycle } from "../src/shared/lifecycle.ts";
import type { Logger } from "../src/shared/logger.ts";
import type { ShardSupervisor } from "./shards/shard-supervisor.ts";
import type { WorkerConfig } from "./worker-config.ts";
import type { WorkerResources } from "./worker-resources.ts";

/** Whether the worker is in the group, and if not, what it waits for. */
export type Membership =
  | { readonly state: "waiting"; readonly reason: string }
  | { readonly state: "joined"; readonly group: ShardGroup; readonly supervisor: ShardSupervisor };

const stalledAfterMs = 10_000;

/** Serves `/livez`, `/readyz` and `/metrics`. Resolves with the port. */
export async function serveWorkerHealth(
  config: WorkerConfig,
  { redis, registry }: WorkerResources,
  membership: () => Membership,
  log: Logger,
  lifecycle: Lifecycle,
): Promise<number> {
  const app = new Hono();
  mapErrors(app, log);
  const readiness = async (): Promise<Readiness> => ({
    redis: await checkRedis(redis, shardPrefixes(config.redis.prefix, config.shards)),
    kafka: checkGroup(membership(), config.kafka.sessionTimeoutMs),
    shards: checkShards(membership()),
  });
  addHealth(app, { registry, signal: lifecycle.signal, readiness });
  const served = await serve(app, { ...config, portVariable: "WORKER_PORT" });
  lifecycle.onStop("http", () => served.close());
  log.info({ event: "worker.listening", port: served.port }, "Worker's health endpoints are served");
  return served.port;
}

function checkGroup(membership: Membership, sessionTimeoutMs: number): true | string {
  if (membership.state === "waiting") return `not joined yet: ${membership.reason}`;
  const silentMs = Date.now() - membership.group.confirmedAt();
  return silentMs < sessionTimeoutMs || `no answer from the group coordinator for ${silentMs} ms`;
}

function checkShards(membership: Membership): true | string {
  const stalled = membership.state === "joined" ? [...membership.supervisor.stalled(stalledAfterMs)] : [];
  return stalled.length === 0 || stalled.map(([shard, reason]) => `${shard}: ${reason}`).join("; ");
}
