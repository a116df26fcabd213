import type { AuditRecord } from "./audit-record.ts";
import type { EncodedRecord } from "../kafka/records/encode-event.ts";

/**
 * An audit record as a Kafka record: CloudEvents 1.0 in binary mode. The key is who it was done to, else who did it. The
 * `ce_id` is the same whenever the record is written again, so consumers drop repeats by it.
 */
export const encodeAuditRecord = (record: AuditRecord, source: string): EncodedRecord => ({
  key: record.targetId ?? record.actor.id,
  value: JSON.stringify(record),
  headers: {
    ce_specversion: "1.0",
    ce_id: record.id,
    ce_type: `audit.${record.action}`,
    ce_source: source,
    ce_time: record.at,
    ...(record.targetId !== undefined && { ce_subject: record.targetId }),
    "content-type": "application/json",
  },
});
