import type { Logger } from "../shared/logger.ts";
import type { AuditTrailMetrics } from "./audit-metrics.ts";
import { auditStream, entryField } from "../redis/keys.ts";
import { sanitizeEntry } from "./sanitize-entry.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** One line of the audit trail: who did what to whom, from where, and what came of it. Never holds a secret or a token. */
export interface AuditEntry {
  /** ms by our clock. */
  readonly at: number;
  readonly requestId: string;
  /** Dotted, past tense: `user.created`, `user.role_changed`, `access.denied`, `account.recovery_link_created`. */
  readonly action: string;
  readonly outcome: "done" | "denied" | "failed";
  readonly actor: {
    readonly kind: "user" | "service" | "anonymous";
    readonly id: string;
    readonly impersonatorId?: string;
  };
  readonly targetId?: string;
  readonly ip: string;
  readonly userAgent: string;
  /** What changed, without secrets. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  /** Stable code of why it was denied or failed. */
  readonly reason?: string;
}

/** Where entries go. Never throws: an audit trail that is away must not undo what was done; it is logged then. */
export interface AuditTrail {
  record(entry: AuditEntry): Promise<void>;
}

export interface AuditTrailDeps {
  /** Must fail fast: `record` waits for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly metrics: AuditTrailMetrics;
  readonly log: Logger;
}

/**
 * The audit trail in Redis. A recorded entry is in the stream that the workers relay to Kafka, so it is not lost while
 * Kafka is away. While Redis is away the whole entry is logged instead (`audit.not_kept`) and counted; it can be in both
 * when Redis took it and did not answer in time. No secret gets in: see {@link sanitizeEntry}.
 */
export function createAuditTrail({ redis, redisPrefix, metrics, log }: AuditTrailDeps): AuditTrail {
  const stream = auditStream(redisPrefix);
  return {
    record: async (entry) => {
      const bounded = sanitizeEntry(entry);
      try {
        await redis.xadd(stream, "*", entryField, JSON.stringify(bounded));
        metrics.audited.inc({ outcome: "recorded" });
      } catch (error) {
        metrics.audited.inc({ outcome: "logged" });
        log.error(
          { event: "audit.not_kept", entry: bounded, error: error instanceof Error ? error.message : String(error) },
          "Audit entry could not be kept",
        );
      }
    },
  };
}
