import type { AuditRecord } from "./audit-record.ts";
import type { KafkaConfig } from "../kafka/client/kafka-config.ts";
import type { Logger } from "../shared/logger.ts";
import { createKafka } from "../kafka/client/create-kafka.ts";
import { encodeAuditRecord } from "./encode-audit-record.ts";
import { ensureAuditTopic } from "../kafka/topics/ensure-topics.ts";
import { sendKeyed } from "../kafka/publishing/send-keyed.ts";

/** Writes the audit topic. After an error it must be closed and not used again. */
export interface AuditPublisher {
  /** Resolves once all in-sync replicas have the records. After an error they may be there or not; write them again. */
  publish(records: readonly AuditRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** A fifth of a second in all: who relays waits and tries again by itself, and has to say meanwhile how it stands. */
const retries = 6;

/** Opens a publisher; makes the topic when it is missing. Throws while Kafka is away. */
export async function createAuditPublisher(config: KafkaConfig, log: Logger): Promise<AuditPublisher> {
  const kafka = createKafka(config, log, retries);
  const partitions = await ensureAuditTopic(kafka, config);
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // Without a number of its own an idempotent producer retries for ever.
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
