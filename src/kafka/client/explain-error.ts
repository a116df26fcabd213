import { messageOf, StartUpError } from "../../shared/errors.ts";

const rights = "grant the bridge's Kafka user the rights that docs/kafka.md lists";

/** Kafka's errors that waiting cannot repair, each with what the operator does about it. */
const remedies: Readonly<Record<string, string>> = {
  CLUSTER_AUTHORIZATION_FAILED: rights,
  GROUP_AUTHORIZATION_FAILED: rights,
  TOPIC_AUTHORIZATION_FAILED: rights,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: rights,
  INVALID_REPLICATION_FACTOR: "set KAFKA_REPLICATION_FACTOR to at most the number of running brokers, or start more",
  INVALID_TOPIC_EXCEPTION:
    "set KAFKA_EVENTS_TOPIC, KAFKA_STATE_TOPIC and KAFKA_AUDIT_TOPIC to at most 249 letters, digits, dots, hyphens and underscores",
  INVALID_CONFIG:
    "check KAFKA_MIN_INSYNC_REPLICAS and the retention settings, or create the topic yourself (docs/kafka.md)",
  POLICY_VIOLATION: "create the topic yourself as the cluster's policy demands (docs/kafka.md)",
  INVALID_TRANSACTION_TIMEOUT: "set KAFKA_TRANSACTION_TIMEOUT_MS to at most the brokers' transaction.max.timeout.ms",
  UNSUPPORTED_SASL_MECHANISM: "set KAFKA_SASL_MECHANISM to a mechanism that the brokers offer",
  TokenRefusedError:
    "check KAFKA_OAUTH_CLIENT_ID, KAFKA_OAUTH_CLIENT_SECRET and KAFKA_OAUTH_SCOPE, or KAFKA_TOKEN_PROVIDER",
  KafkaJSSASLAuthenticationError:
    "check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, or the origin of the tokens",
  KafkaJSServerDoesNotSupportApiKey:
    "use a Kafka with transactions; docs/kafka.md says which services have them (Event Hubs Standard has none)",
};

/**
 * The error that ends the program when waiting cannot repair what Kafka refused; it names the reason and the remedy. Undefined for
 * an outage.
 */
export function explainKafkaError(error: unknown): StartUpError | undefined {
  for (const cause of causesOf(error)) {
    const kind = "type" in cause && typeof cause.type === "string" ? cause.type : cause.name;
    const remedy = remedies[kind];
    if (remedy === undefined) continue;
    const topic = "topic" in cause && typeof cause.topic === "string" ? ` (topic ${cause.topic})` : "";
    return new StartUpError(`Kafka refuses: ${cause.message}${topic} [${kind}]\n    → ${remedy}`, { cause: error });
  }
  return undefined;
}

/** What kafkajs throws when no broker answers, the coordinator included. */
const outages = new Set([
  "KafkaJSBrokerNotFound",
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
  "KafkaJSGroupCoordinatorNotFound",
  "KafkaJSNoBrokerAvailableError",
  "KafkaJSRequestTimeoutError",
]);

/** Whether Kafka did not answer, so that waiting may help. */
export const isKafkaOutage = (error: unknown): boolean => causesOf(error).some(({ name }) => outages.has(name));

/** Why a call to Kafka failed: the message of the innermost cause, because kafkajs wraps it in general ones. */
export const kafkaReason = (error: unknown): string => messageOf(causesOf(error).at(-1) ?? error);

/** The error, its causes and the parts of aggregated errors, from the outside in. */
function causesOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const parts: unknown[] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  return [error, ...[...parts, error.cause].flatMap(causesOf)];
}
