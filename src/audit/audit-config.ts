import { z } from "zod";
import { positive } from "../shared/environment.ts";

export const AUDIT_ENVIRONMENT = {
  KAFKA_AUDIT_TOPIC: z.string().default("user.audit").describe("Topic of the audit trail"),
  KAFKA_AUDIT_RETENTION_MS: z.coerce
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Of the audit topic when created here; -1 keeps entries for ever"),
  AUDIT_RETENTION_MS: positive
    .default(90 * 86_400_000)
    .describe("How long GET /api/audit shows an entry, ms; never dropped from Redis before Kafka has it"),
  AUDIT_MAX_ENTRIES: positive
    .default(100_000)
    .describe("Most entries that GET /api/audit shows; never dropped from Redis before Kafka has them"),
};
type Environment = z.infer<z.ZodObject<typeof AUDIT_ENVIRONMENT>>;

/** How much of the audit trail Redis keeps beyond what Kafka does not have yet. */
export interface AuditConfig {
  readonly retentionMs: number;
  readonly maxEntries: number;
}

export const toAuditConfig = (env: Environment): AuditConfig => ({
  retentionMs: env.AUDIT_RETENTION_MS,
  maxEntries: env.AUDIT_MAX_ENTRIES,
});
