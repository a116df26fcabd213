import type { Kafka } from "kafkajs";
import { withTimeout } from "../../shared/with-timeout.ts";
import type { KafkaConfig } from "../client/kafka-config.ts";

const timeoutMs = 20_000;

/**
 * Begins a transaction under an id of its own and aborts it, which finds a missing coordinator and missing rights. Throws what
 * kafkajs throws, and after 20 s.
 */
export async function checkTransactions(
  kafka: Kafka,
  { transactionalIdPrefix, transactionTimeoutMs }: KafkaConfig,
): Promise<void> {
  const producer = kafka.producer({
    transactionalId: `${transactionalIdPrefix}.doctor`,
    transactionTimeout: transactionTimeoutMs,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  const begin = async () => {
    await producer.connect();
    await (await producer.transaction()).abort();
  };
  try {
    await withTimeout(timeoutMs, begin(), () => new Error(`no transaction could be begun in ${timeoutMs} ms`));
  } finally {
    producer.disconnect().catch(() => {});
  }
}
