import { z } from "zod";
import { list, positive } from "../../shared/environment.ts";
import { KAFKA_SECURITY_ENVIRONMENT, toKafkaSecurity } from "./kafka-security.ts";

/** `host:port`, `[IPv6 address]:port`. */
const isBroker = (text: string): boolean => {
  const port = /^(?:[^\s:/@[\]]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) <= 65_535 && URL.canParse(`kafka://${text}`);
};
const brokers = list
  .refine((addresses) => addresses.length > 0, "no broker")
  .refine(
    (addresses) => addresses.every(isBroker),
    "every broker must be host:port without a scheme, comma-separated; [IPv6 address]:port",
  );

export const KAFKA_ENVIRONMENT = {
  KAFKA_BROKERS: brokers
    .default(["127.0.0.1:9092"])
    .describe("Brokers as host:port, comma-separated; Kafka 3.6 or newer"),
  KAFKA_CLIENT_ID: z.string().default("clerk-kafka-bridge").describe("Name of this client in the brokers' logs"),
  ...KAFKA_SECURITY_ENVIRONMENT,
  KAFKA_EVENTS_TOPIC: z.string().default("user.events").describe("Topic of the events"),
  KAFKA_STATE_TOPIC: z.string().default("user.state").describe("Compacted topic of the users' current states"),
  KAFKA_GROUP_ID: z
    .string()
    .default("clerk-kafka-bridge")
    .describe("Consumer group through which the workers share the shards"),
  KAFKA_TRANSACTIONAL_ID_PREFIX: z
    .string()
    .default("clerk-kafka-bridge")
    .describe("Prefix of the transactional ids, which are <prefix>.<shard>"),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Replication factor of topics that the bridge creates; -1: the brokers' default"),
  KAFKA_MIN_INSYNC_REPLICAS: positive
    .optional()
    .describe("min.insync.replicas of topics that the bridge creates; not set: the brokers' default"),
  KAFKA_EVENTS_RETENTION_MS: z.coerce
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Retention of an events topic that the bridge creates, in ms; -1: for ever"),
  KAFKA_STATE_DELETE_RETENTION_MS: positive
    .default(100 * 86_400_000)
    .describe(
      "Time that a state topic created by the bridge remembers a deleted user, in ms; longer than the 90 days in which Svix can replay",
    ),
  KAFKA_AUDIT_TOPIC: z.string().default("user.audit").describe("Topic of the audit trail"),
  KAFKA_AUDIT_RETENTION_MS: z.coerce
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Retention of an audit topic that the bridge creates, in ms; -1: for ever"),
  KAFKA_SESSION_TIMEOUT_MS: positive
    .default(6_000)
    .describe("Time without a heartbeat after which a worker's shards go to another worker, in ms"),
  KAFKA_TRANSACTION_TIMEOUT_MS: positive
    .default(15_000)
    .describe("Time after which the broker ends an orphaned transaction, in ms"),
  BATCH_MAX_MESSAGES: positive.max(5_000).default(500).describe("Maximum number of messages in one Kafka transaction"),
  EVENT_SOURCE: z.string().default("/clerk-kafka-bridge").describe("Value of the header ce_source of every event"),
};
type Environment = z.infer<z.ZodObject<typeof KAFKA_ENVIRONMENT>>;

export type KafkaConfig = ReturnType<typeof toKafkaConfig>;

/** Throws a `ConfigError` for security settings that do not belong together. */
export const toKafkaConfig = (env: Environment, shards: number) => ({
  brokers: env.KAFKA_BROKERS,
  clientId: env.KAFKA_CLIENT_ID,
  ...toKafkaSecurity(env),
  eventsTopic: env.KAFKA_EVENTS_TOPIC,
  stateTopic: env.KAFKA_STATE_TOPIC,
  auditTopic: env.KAFKA_AUDIT_TOPIC,
  groupId: env.KAFKA_GROUP_ID,
  transactionalIdPrefix: env.KAFKA_TRANSACTIONAL_ID_PREFIX,
  replicationFactor: env.KAFKA_REPLICATION_FACTOR,
  minInsyncReplicas: env.KAFKA_MIN_INSYNC_REPLICAS,
  eventsRetentionMs: env.KAFKA_EVENTS_RETENTION_MS,
  stateDeleteRetentionMs: env.KAFKA_STATE_DELETE_RETENTION_MS,
  auditRetentionMs: env.KAFKA_AUDIT_RETENTION_MS,
  sessionTimeoutMs: env.KAFKA_SESSION_TIMEOUT_MS,
  transactionTimeoutMs: env.KAFKA_TRANSACTION_TIMEOUT_MS,
  batchMaxMessages: env.BATCH_MAX_MESSAGES,
  eventSource: env.EVENT_SOURCE,
  shards,
});
