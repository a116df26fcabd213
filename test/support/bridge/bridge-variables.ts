import { webhookSecret } from "../clerk/send-webhook.ts";

export interface BridgeNaming {
  /** Unique: names the topics, the consumer group, the transactional ids and the Redis keys. */
  readonly name: string;
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly shards: number;
}

export const eventsTopicOf = (name: string): string => `${name}.events`;
export const stateTopicOf = (name: string): string => `${name}.state`;
export const auditTopicOf = (name: string): string => `${name}.audit`;

/** The whole environment of a test bridge's processes, with free ports and without a reachable Clerk. */
export const bridgeVariables = ({ name, redisUrl, kafkaBrokers, shards }: BridgeNaming): Record<string, string> => ({
  LOG_LEVEL: "info",
  HOST: "127.0.0.1",
  PORT: "0",
  WORKER_PORT: "0",
  SHARDS: String(shards),
  REDIS_URL: redisUrl,
  REDIS_PREFIX: name,
  KAFKA_BROKERS: kafkaBrokers.join(","),
  KAFKA_EVENTS_TOPIC: eventsTopicOf(name),
  KAFKA_STATE_TOPIC: stateTopicOf(name),
  KAFKA_AUDIT_TOPIC: auditTopicOf(name),
  KAFKA_GROUP_ID: name,
  KAFKA_TRANSACTIONAL_ID_PREFIX: name,
  KAFKA_SESSION_TIMEOUT_MS: "2000",
  CLERK_SECRET_KEY: "sk_test_unused",
  CLERK_API_URL: "http://127.0.0.1:9",
  CLERK_WEBHOOK_SECRET: webhookSecret,
  RECONCILE_EVERY_MS: "0",
  RECONCILE_SWEEP_CRON: "off",
});
