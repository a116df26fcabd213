import { z } from "@hono/zod-openapi";
import { parseJson } from "../shared/parse-json.ts";

const auditEntrySchema = z.object({
  at: z.int().nonnegative(),
  requestId: z.string(),
  action: z.string().openapi({ description: "Dotted, past tense", example: "user.role_changed" }),
  outcome: z.enum(["done", "denied", "failed"]),
  actor: z.object({
    kind: z.enum(["user", "service", "anonymous"]),
    id: z.string(),
    impersonatorId: z.string().optional().openapi({ description: "The impersonator, if the user was impersonated" }),
  }),
  targetId: z.string().optional(),
  ip: z.string(),
  userAgent: z.string(),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  reason: z.string().optional().openapi({ description: "Stable code of the reason for a denial or failure" }),
  count: z
    .int()
    .optional()
    .openapi({ description: "Of how many further equal denials in one minute this entry tells; missing: of this one" }),
});

/**
 * An entry of the audit trail, stored in Redis as JSON: who did what to whom, from where and with which outcome. `at` is in
 * ms. Contains no secret and no token.
 */
export type AuditEntry = Readonly<z.infer<typeof auditEntrySchema>>;

/** An entry in the response of the API and in Kafka. */
export const auditRecordSchema = auditEntrySchema
  .extend({
    id: z.string().openapi({ description: "Unique; later entries have higher ids", example: "1767225600000-0" }),
    at: z.iso.datetime(),
  })
  .openapi("AuditRecord");
export type AuditRecord = z.infer<typeof auditRecordSchema>;

/** The one field of an entry in the stream: the {@link AuditEntry} as JSON. */
export const entryField = "entry";

/** The JSON in the fields of a stream entry, which alternate between name and value; "" when there is none. */
export function entryJson(fields: readonly string[]): string {
  const at = fields.indexOf(entryField);
  return at === -1 ? "" : (fields[at + 1] ?? "");
}

/** Parses the entry that the stream stores under an id; undefined when it is not an audit entry. */
export function parseAuditRecord(id: string, json: string): AuditRecord | undefined {
  const entry = auditEntrySchema.safeParse(parseJson(json));
  if (!entry.success) return undefined;
  return { ...entry.data, id, at: new Date(entry.data.at).toISOString() };
}
