import { createKafka } from "../kafka/client/create-kafka.ts";
import type { KafkaConfig } from "../kafka/client/kafka-config.ts";
import { sendKeyed } from "../kafka/publishing/record-copier.ts";
import type { EncodedRecord } from "../kafka/records/records.ts";
import { ensureAuditTopic } from "../kafka/topics/ensure-topics.ts";
import type { Logger } from "../shared/logger.ts";
import type { AuditRecord } from "./audit-record.ts";

/** Writes to the audit topic. After an error it must be closed and not used again. */
export interface AuditPublisher {
  /** Resolves once all in-sync replicas have the records. After an error their fate is unknown; publish them again. */
  publish(records: readonly AuditRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** A fifth of a second in total: the relay retries by itself and must be able to report its state in between. */
const retries = 6;

/** Connects a publisher; creates the topic when it is missing. Throws while Kafka is unavailable. */
export async function createAuditPublisher(config: KafkaConfig, log: Logger): Promise<AuditPublisher> {
  const kafka = createKafka(config, log, retries);
  const partitions = await ensureAuditTopic(kafka, config);
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // Without this an idempotent producer retries without end.
    retry: { retries },
  });
  await producer.connect();
  return {
    publish: (records) =>
      sendKeyed(
        producer,
        { topic: config.auditTopic, partitions },
        records.map((record) => encodeAuditRecord(record, config.eventSource)),
      ),
    close: () => producer.disconnect(),
  };
}

/**
 * Encodes an audit record as a Kafka record: CloudEvents 1.0 in binary mode. The key is the target, or the actor when there
 * is no target. `ce_id` is the same whenever the record is written again, so consumers can drop repeats.
 */
const encodeAuditRecord = (record: AuditRecord, source: string): EncodedRecord => ({
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
