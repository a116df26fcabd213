import { z } from "zod";
import { ACCOUNTS_ENVIRONMENT, toAccountsConfig } from "./api/accounts/accounts-config.ts";
import { ANALYTICS_ENVIRONMENT, toAnalyticsConfig } from "./analytics/analytics-config.ts";
import { AUDIT_ENVIRONMENT, toAuditConfig } from "./audit/audit-config.ts";
import { AUTH_ENVIRONMENT, toAuthConfig } from "./api/auth/auth-config.ts";
import { CACHE_ENVIRONMENT, toCacheConfig } from "./cache/cache-config.ts";
import { CLERK_ENVIRONMENT, toClerkConfig } from "./clerk/clerk-config.ts";
import { ConfigError, flag, list, port, positive } from "./shared/environment.ts";
import { PASSWORDS_ENVIRONMENT, toPasswordPolicy } from "./api/passwords/passwords-config.ts";
import { redisAddressSchema } from "./redis/redis-address.ts";
import { toUsersConfig, USERS_ENVIRONMENT } from "./api/users/users-config.ts";
import { RECONCILIATION_ENVIRONMENT, toReconciliationConfig } from "./reconciliation/reconciliation-config.ts";

export { ConfigError };

/**
 * The only reader of the environment. {@link environmentSchema} describes every variable; an empty one counts as not set.
 * `.env.example` lists them all, and a test compares the two.
 */
export const environmentSchema = z.object({
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("Least level logged"),
  LOG_EMAILS: flag.default(true).describe("Whether e-mail addresses may stand in the log"),
  SHUTDOWN_TIMEOUT_MS: positive.default(10_000).describe("How long a process may take to stop, ms"),

  ...CLERK_ENVIRONMENT,
  CLERK_WEBHOOK_SECRET: list
    .optional()
    .describe("Signing secret (whsec_…) of the webhook; several, comma-separated, while one is rotated"),
  CLERK_WEBHOOK_SIGNING_SECRET: list.optional().describe("Clerk's own name for CLERK_WEBHOOK_SECRET; either will do"),

  REDIS_URL: redisAddressSchema
    .prefault("redis://127.0.0.1:6379")
    .describe(
      "Redis 6.2 or newer: redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/<master>; rediss for TLS",
    ),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w-]+$/)
    .default("clerk-kafka-bridge")
    .describe("Start of every key in Redis"),
  REDIS_QUICK_TIMEOUT_MS: positive
    .default(250)
    .describe("How long a request waits for what it can do without (cache, shared limits, counts), ms"),

  KAFKA_BROKERS: list.default(["127.0.0.1:9092"]).describe("host:port, comma-separated; Kafka 3.6 or newer"),
  KAFKA_CLIENT_ID: z.string().default("clerk-kafka-bridge").describe("How the brokers' logs name this client"),
  KAFKA_SSL: flag.default(false).describe("Speak TLS to the brokers"),
  KAFKA_SASL_MECHANISM: z
    .enum(["plain", "scram-sha-256", "scram-sha-512"])
    .optional()
    .describe("How to authenticate to the brokers"),
  KAFKA_SASL_USERNAME: z.string().optional().describe("With KAFKA_SASL_MECHANISM"),
  KAFKA_SASL_PASSWORD: z.string().optional().describe("With KAFKA_SASL_MECHANISM"),
  KAFKA_EVENTS_TOPIC: z.string().default("user.events").describe("Topic of the events"),
  KAFKA_STATE_TOPIC: z.string().default("user.state").describe("Compacted topic of the users' current states"),
  KAFKA_GROUP_ID: z
    .string()
    .default("clerk-kafka-bridge")
    .describe("Consumer group by which the workers share the shards"),
  KAFKA_TRANSACTIONAL_ID_PREFIX: z
    .string()
    .default("clerk-kafka-bridge")
    .describe("Transactional ids are this, a dot and the shard"),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Of topics created here; -1 is the brokers' default"),
  KAFKA_MIN_INSYNC_REPLICAS: positive.optional().describe("Of topics created here; the brokers' default when not set"),
  KAFKA_EVENTS_RETENTION_MS: z.coerce
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Of the events topic when created here; -1 keeps events for ever"),
  KAFKA_STATE_DELETE_RETENTION_MS: positive
    .default(100 * 86_400_000)
    .describe(
      "How long a deleted user is remembered in the state topic when created here; longer than Svix's 90 days of replay",
    ),
  KAFKA_SESSION_TIMEOUT_MS: positive
    .default(6_000)
    .describe("After how long without a sign of life a worker's shards go to another, ms"),
  KAFKA_TRANSACTION_TIMEOUT_MS: positive
    .default(15_000)
    .describe("After how long the broker ends an orphaned transaction, ms"),

  SHARDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(6)
    .describe("Number of shards; must equal the topics' partitions. To change it later: bridge reshard --to N"),
  PORT: port.default(3007).describe("The API listens here"),
  WORKER_PORT: port.default(3008).describe("The worker's /livez, /readyz and /metrics"),
  HOST: z.string().default("0.0.0.0").describe("Address that the API and the worker listen on"),
  BATCH_MAX_MESSAGES: positive.max(5_000).default(500).describe("Most messages in one Kafka transaction"),
  EVENT_SOURCE: z.string().default("/clerk-kafka-bridge").describe("ce_source of every event"),
  GHOST_CHECK_AFTER_MS: positive
    .default(7 * 86_400_000)
    .describe("An unknown user whose message is older than this is looked up in Clerk before it is published, ms"),
  DEAD_LETTER_RETENTION_MS: positive.default(30 * 86_400_000).describe("How long dead letters are kept, ms"),
  ...RECONCILIATION_ENVIRONMENT,

  ...AUTH_ENVIRONMENT,
  ...PASSWORDS_ENVIRONMENT,
  ...USERS_ENVIRONMENT,
  ...ACCOUNTS_ENVIRONMENT,
  ...AUDIT_ENVIRONMENT,
  ...CACHE_ENVIRONMENT,
  ...ANALYTICS_ENVIRONMENT,
});
type Environment = z.infer<typeof environmentSchema>;
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export type ApiConfig = ReturnType<typeof readApiConfig>;
export type WorkerConfig = ReturnType<typeof readWorkerConfig>;
export type KafkaConfig = WorkerConfig["kafka"];

/** Configuration of the API. Throws {@link ConfigError}. */
export function readApiConfig(variables: EnvironmentVariables = process.env) {
  const env = readEnvironment(variables);
  const [first, ...rest] = [...(env.CLERK_WEBHOOK_SECRET ?? []), ...(env.CLERK_WEBHOOK_SIGNING_SECRET ?? [])];
  if (first === undefined)
    throw new ConfigError("CLERK_WEBHOOK_SECRET: not set; it is on the webhook's page in Clerk's dashboard");
  const webhookSecrets: [string, ...string[]] = [first, ...rest];
  return {
    ...shared(env),
    port: env.PORT,
    quickTimeoutMs: env.REDIS_QUICK_TIMEOUT_MS,
    webhookSecrets,
    clerk: toClerkConfig(env),
    auth: toAuthConfig(env),
    passwords: toPasswordPolicy(env),
    users: toUsersConfig(env),
    accounts: toAccountsConfig(env),
  };
}

/** Configuration of the worker. Throws {@link ConfigError}. */
export function readWorkerConfig(variables: EnvironmentVariables = process.env) {
  const env = readEnvironment(variables);
  return {
    ...shared(env),
    port: env.WORKER_PORT,
    clerk: toClerkConfig(env),
    kafka: {
      brokers: env.KAFKA_BROKERS,
      clientId: env.KAFKA_CLIENT_ID,
      ssl: env.KAFKA_SSL,
      sasl: saslOf(env),
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
      shards: env.SHARDS,
    },
    batchMaxMessages: env.BATCH_MAX_MESSAGES,
    eventSource: env.EVENT_SOURCE,
    ghostCheckAfterMs: env.GHOST_CHECK_AFTER_MS,
    reconciliation: toReconciliationConfig(env),
    audit: toAuditConfig(env),
  };
}

const shared = (env: Environment) => ({
  logLevel: env.LOG_LEVEL,
  logEmails: env.LOG_EMAILS,
  host: env.HOST,
  shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
  redis: { address: env.REDIS_URL, prefix: env.REDIS_PREFIX },
  deadLetterRetentionMs: env.DEAD_LETTER_RETENTION_MS,
  shards: env.SHARDS,
  cache: toCacheConfig(env),
  analytics: toAnalyticsConfig(env),
});

function saslOf(env: Environment) {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = env;
  if (mechanism === undefined) return undefined;
  if (username === undefined || password === undefined) {
    throw new ConfigError("KAFKA_SASL_MECHANISM: needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD");
  }
  return { mechanism, username, password };
}

function readEnvironment(variables: EnvironmentVariables): Environment {
  const set = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const parsed = environmentSchema.safeParse(set);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("\n"));
}
