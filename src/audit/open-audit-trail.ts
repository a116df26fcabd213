import type { Logger } from "../logger.ts";
import type { ApiMetrics } from "../metrics.ts";
import { auditStream, entryField } from "./audit-keys.ts";
import type { AuditTrail } from "./audit-trail.ts";
import { boundEntry } from "./bound-entry.ts";
import type { RedisClient } from "../redis/redis-client.ts";

export interface AuditTrailDeps {
  /** Must fail fast: `record` waits for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly metrics: Pick<ApiMetrics, "audited">;
  readonly log: Logger;
}

/**
 * The audit trail in Redis. A recorded entry is in the stream that the workers relay to Kafka, so it is not lost while
 * Kafka is away. While Redis is away the whole entry is logged instead (`audit.not_kept`) and counted; it can be in both
 * when Redis took it and did not answer in time. No secret gets in: see {@link boundEntry}.
 */
export function openAuditTrail({ redis, redisPrefix, metrics, log }: AuditTrailDeps): AuditTrail {
  const stream = auditStream(redisPrefix);
  return {
    record: async (entry) => {
      const bounded = boundEntry(entry);
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
