/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { inject } from "vitest";
import { auditStream } from "../../../src/redis/keys.ts";
import type { AuditEntry } from "../../../src/audit/audit-record.ts";
import {
  type AuditTrail,
  createAuditRelayMetrics,
  createAuditTrail,
  createAuditTrailMetrics,
} from "../../../src/audit/audit-trail.ts";
import { type AuditOutbox, createAuditOutbox } from "../../../src/audit/audit-outbox.ts";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { type AuditPublisher, createAuditPublisher } from "../../../src/audit/audit-publisher.ts";
import { Registry } from "prom-client";
import { createFailFastRedis } from "../../../src/redis/create-redis.ts";
import { startAuditRelay } from "../../../src/audit/audit-relay.ts";

export interface AuditOptions {
  readonly kafkaBrokers?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

export interface RelayOptions {
  /** Default 60,000, as in the worker. */
  readonly abandonedAfterMs?: number;
  /** Wraps the publisher of the relay. */
  readonly intercept?: (publisher: AuditPublisher) => AuditPublisher;
}

/** Opens an audit trail with its own Redis keys and topic, and with relays in this process. */
export async function openAudit({ kafkaBrokers = inject("kafkaBrokers"), variables = {} }: AuditOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const name = `test-${randomUUID()}`;
  const log = pino({ level: "silent" });
  const config = readWorkerConfig({
    CLERK_SECRET_KEY: "sk_test_unused",
    REDIS_PREFIX: name,
    KAFKA_BROKERS: kafkaBrokers.join(","),
    KAFKA_AUDIT_TOPIC: `${name}.audit`,
    SHARDS: "2",
    ...variables,
  });
  const connect = () =>
    resources.adopt(createFailFastRedis({ kind: "single", url: inject("redisUrl") }, log, 5_000), (connection) =>
      connection.disconnect(),
    );
  const redis = connect();
  const blockingConnections = new AsyncDisposableStack();
  await redis.ping().catch(() => new Promise((resolve) => redis.once("ready", resolve)));
  const stream = auditStream(name);
  resources.defer(async () => void (await redis.del(stream)));

  const openOutbox = (abandonedAfterMs = 60_000): AuditOutbox =>
    createAuditOutbox({
      redis,
      blockingRedis: blockingConnections.adopt(
        createFailFastRedis({ kind: "single", url: inject("redisUrl") }, log, 5_000),
        (it) => it.disconnect(),
      ),
      redisPrefix: name,
      config: config.audit,
      abandonedAfterMs,
    });
  const trail: AuditTrail = createAuditTrail({
    redis,
    redisPrefix: name,
    metrics: createAuditTrailMetrics(new Registry()),
    log,
  });
  resources.use(blockingConnections);
  const owned = resources.move();
  return {
    topic: config.kafka.auditTopic,
    stream,
    redis,
    trail,
    openOutbox,
    startRelay: ({ abandonedAfterMs, intercept = (publisher) => publisher }: RelayOptions = {}) => {
      const metrics = createAuditRelayMetrics(new Registry());
      const relay = startAuditRelay({
        outbox: openOutbox(abandonedAfterMs),
        openPublisher: async () => intercept(await createAuditPublisher(config.kafka, log)),
        metrics,
        log,
        now: Date.now,
      });
      owned.defer(() => relay.stop());
      return { ...relay, metrics };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A valid entry with these changes. */
export const makeEntry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  at: Date.now(),
  requestId: randomUUID(),
  action: "user.updated",
  outcome: "done",
  actor: { kind: "user", id: "user_admin" },
  targetId: "user_target",
  ip: "203.0.113.7",
  userAgent: "tests",
  ...changes,
});
