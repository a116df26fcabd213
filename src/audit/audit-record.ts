import { z } from "@hono/zod-openapi";

/** An entry of the audit trail as Redis has it: {@link AuditEntry} as JSON. */
const storedSchema = z.object({
  at: z.int().nonnegative(),
  requestId: z.string(),
  action: z.string().openapi({ description: "Dotted, past tense", example: "user.role_changed" }),
  outcome: z.enum(["done", "denied", "failed"]),
  actor: z.object({
    kind: z.enum(["user", "service", "anonymous"]),
    id: z.string(),
    impersonatorId: z.string().optional().openapi({ description: "Who acted as this user, when it was not the user" }),
  }),
  targetId: z.string().optional(),
  ip: z.string(),
  userAgent: z.string(),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  reason: z.string().optional().openapi({ description: "Stable code of why it was denied or failed" }),
});

/** An entry as the API answers it and as Kafka has it. */
export const auditRecordSchema = storedSchema
  .extend({
    id: z.string().openapi({ description: "Unique, and rising with time", example: "1767225600000-0" }),
    at: z.iso.datetime(),
  })
  .openapi("AuditRecord");
export type AuditRecord = z.infer<typeof auditRecordSchema>;

/** Reads what the stream holds under an id; nothing when it is not an entry of ours. */
export function parseAuditRecord(id: string, json: string): AuditRecord | undefined {
  const stored = storedSchema.safeParse(parse(json));
  if (!stored.success) return undefined;
  return { ...stored.data, id, at: new Date(stored.data.at).toISOString() };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
