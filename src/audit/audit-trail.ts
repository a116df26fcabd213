import { auditDenialsKey, auditStream } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { type Logger, redactSecrets } from "../shared/logger.ts";
import { type AuditEntry, entryField } from "./audit-record.ts";
import { Counter, Gauge, type Registry } from "prom-client";

/** Records entries. Never throws: an unavailable audit trail must not undo an operation; the entry is logged instead. */
export interface AuditTrail {
  record(entry: AuditEntry): Promise<void>;
}

export interface AuditTrailOptions {
  /** A connection that fails fast, because `record` waits for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly metrics: AuditTrailMetrics;
  readonly log: Logger;
}

/**
 * The audit trail in Redis. A recorded entry is in the stream that the workers relay to Kafka, so it survives an outage of
 * Kafka. While Redis is unavailable the whole entry is logged (`audit.not_kept`) and counted; it can be in both places when
 * Redis stored it but did not answer in time. Secrets are removed first, see {@link sanitizeEntry}.
 */
export function createAuditTrail({ redis, redisPrefix, metrics, log }: AuditTrailOptions): AuditTrail {
  const stream = auditStream(redisPrefix);
  return {
    record: async (entry) => {
      const sanitized = sanitizeEntry(entry);
      try {
        const id = await redis.xadd(stream, "*", entryField, JSON.stringify(sanitized));
        if (entry.outcome === "denied" && id !== null) {
          await redis.zadd(auditDenialsKey(redisPrefix), Number.parseInt(id, 10), id);
        }
        metrics.audited.inc({ outcome: "recorded" });
      } catch (error) {
        metrics.audited.inc({ outcome: "logged" });
        log.error(
          { event: "audit.not_kept", entry: sanitized, error: error instanceof Error ? error.message : String(error) },
          "Audit entry could not be stored",
        );
      }
    },
  };
}

/** Bounds for texts that a client chooses: ids from a URL or token, and the user agent. */
const maxTextLength = 256;
const maxUserAgentLength = 512;
const maxContentBytes = 6_000;

/**
 * The entry as it is stored: at most 20 KB, with the values of all secrets redacted by name. A `before` or `after` that is
 * too large is replaced by its size.
 */
export function sanitizeEntry(entry: AuditEntry): AuditEntry {
  const { actor, targetId, reason, before, after } = entry;
  return {
    ...entry,
    requestId: cut(entry.requestId),
    actor: {
      kind: actor.kind,
      id: cut(actor.id),
      ...(actor.impersonatorId !== undefined && { impersonatorId: cut(actor.impersonatorId) }),
    },
    userAgent: cut(entry.userAgent, maxUserAgentLength),
    ...(targetId !== undefined && { targetId: cut(targetId) }),
    ...(reason !== undefined && { reason: cut(reason) }),
    ...(before !== undefined && { before: boundContent(before) }),
    ...(after !== undefined && { after: boundContent(after) }),
  };
}

const cut = (text: string, maxLength = maxTextLength) => text.slice(0, maxLength);

function boundContent(content: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const clean = redactSecrets(content);
  const bytes = Buffer.byteLength(JSON.stringify(clean));
  return bytes <= maxContentBytes ? clean : { omitted: `${bytes} bytes` };
}

type AuditTrailMetrics = ReturnType<typeof createAuditTrailMetrics>;
export type AuditRelayMetrics = ReturnType<typeof createAuditRelayMetrics>;

/** Metrics of the audit trail in the API. Call once per registry. */
export const createAuditTrailMetrics = (registry: Registry) => ({
  audited: new Counter({
    name: "bridge_audit_entries_total",
    help: "Audit entries, by outcome: recorded, or only logged because Redis was unavailable",
    labelNames: ["outcome"],
    registers: [registry],
  }),
});

/** Metrics of the audit relay in the worker. Call once per registry. */
export const createAuditRelayMetrics = (registry: Registry) => ({
  relayed: new Counter({
    name: "bridge_audit_relayed_total",
    help: "Audit entries written to Kafka, repeats included",
    registers: [registry],
  }),
  lagSeconds: new Gauge({
    name: "bridge_audit_lag_seconds",
    help: "Age of the oldest audit entry that is not in Kafka yet; the same on every worker",
    registers: [registry],
  }),
});
