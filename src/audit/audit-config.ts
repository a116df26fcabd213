import type { z } from "zod";
import { positive } from "../shared/environment.ts";

export const AUDIT_ENVIRONMENT = {
  AUDIT_RETENTION_MS: positive
    .default(90 * 86_400_000)
    .describe("Time that GET /api/audit shows an entry, in ms. An entry stays in Redis at least until Kafka has it"),
  AUDIT_MAX_ENTRIES: positive
    .default(100_000)
    .describe(
      "Maximum number of entries that GET /api/audit shows. An entry stays in Redis at least until Kafka has it",
    ),
};
type Environment = z.infer<z.ZodObject<typeof AUDIT_ENVIRONMENT>>;

/** Bounds of the audit trail in Redis; entries that Kafka does not have yet are kept beyond them. */
export interface AuditConfig {
  readonly retentionMs: number;
  readonly maxEntries: number;
}

export const toAuditConfig = (env: Environment): AuditConfig => ({
  retentionMs: env.AUDIT_RETENTION_MS,
  maxEntries: env.AUDIT_MAX_ENTRIES,
});
