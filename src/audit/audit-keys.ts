/** The stream of the audit trail: the outbox that Kafka is filled from, and what `GET /api/audit` reads. One slot. */
export const auditStream = (redisPrefix: string): string => `{${redisPrefix}:audit}:entries`;

/** The consumer group by which the workers share the relaying. */
export const relayGroup = "kafka";

/** The one field of a stream entry: the {@link AuditEntry} as JSON. */
export const entryField = "entry";

/** The JSON in the fields of a stream entry, name and value in turn; "" when there is none. */
export function entryJson(fields: readonly string[]): string {
  const at = fields.indexOf(entryField);
  return at === -1 ? "" : (fields[at + 1] ?? "");
}
