import { z } from "zod";
import { CLI_ENVIRONMENT } from "../../cli/context/cli-config.ts";
import { API_ENVIRONMENT } from "../../src/api/api-config.ts";
import { WORKER_ENVIRONMENT } from "../../workers/worker-config.ts";

/** Every variable of the three programs. */
export const environmentSchema = z.object({ ...API_ENVIRONMENT, ...WORKER_ENVIRONMENT, ...CLI_ENVIRONMENT });

/** The variables in the order in which readers need them. The two documents about the environment follow it. */
export const environmentSections: Readonly<Record<string, readonly (keyof typeof environmentSchema.shape)[]>> = {
  Clerk: [
    "CLERK_SECRET_KEY",
    "CLERK_API_URL",
    "CLERK_RATE_LIMIT",
    "CLERK_WEBHOOK_SECRET",
    "CLERK_WEBHOOK_SIGNING_SECRET",
    "RATE_LIMIT_BAD_SIGNATURES",
    "CLERK_JWT_KEY",
    "CLERK_AUTHORIZED_PARTIES",
  ],
  Redis: ["REDIS_URL", "REDIS_PREFIX", "REDIS_OPTIONAL_TIMEOUT_MS", "REDIS_MAX_MEMORY_SHARE"],
  Kafka: [
    "KAFKA_BROKERS",
    "KAFKA_CLIENT_ID",
    "KAFKA_SSL",
    "KAFKA_SSL_CA",
    "KAFKA_SSL_CERT",
    "KAFKA_SSL_KEY",
    "KAFKA_SASL_MECHANISM",
    "KAFKA_SASL_USERNAME",
    "KAFKA_SASL_PASSWORD",
    "KAFKA_OAUTH_TOKEN_URL",
    "KAFKA_OAUTH_CLIENT_ID",
    "KAFKA_OAUTH_CLIENT_SECRET",
    "KAFKA_OAUTH_SCOPE",
    "KAFKA_TOKEN_PROVIDER",
    "KAFKA_EVENTS_TOPIC",
    "KAFKA_STATE_TOPIC",
    "KAFKA_GROUP_ID",
    "KAFKA_TRANSACTIONAL_ID_PREFIX",
    "KAFKA_REPLICATION_FACTOR",
    "KAFKA_MIN_INSYNC_REPLICAS",
    "KAFKA_EVENTS_RETENTION_MS",
    "KAFKA_STATE_DELETE_RETENTION_MS",
    "KAFKA_SESSION_TIMEOUT_MS",
    "KAFKA_TRANSACTION_TIMEOUT_MS",
    "KAFKA_AUDIT_TOPIC",
    "KAFKA_AUDIT_RETENTION_MS",
  ],
  Events: [
    "SHARDS",
    "BATCH_MAX_MESSAGES",
    "EVENT_SOURCE",
    "EVENT_FIELDS",
    "STALE_USER_CHECK_AFTER_MS",
    "STALE_USER_GIVE_UP_AFTER_MS",
    "DEAD_LETTER_RETENTION_MS",
    "RECONCILE_EVERY_MS",
    "RECONCILE_OVERLAP_MS",
    "RECONCILE_GRACE_MS",
    "RECONCILE_DELETION_RECHECK_MS",
    "RECONCILE_SWEEP_CRON",
    "RECONCILE_MAX_DELETED_PERCENT",
  ],
  Programs: [
    "LOG_LEVEL",
    "LOG_FORMAT",
    "LOG_EMAILS",
    "SHUTDOWN_TIMEOUT_MS",
    "SHUTDOWN_DELAY_MS",
    "KEEP_ALIVE_TIMEOUT_MS",
    "PORT",
    "OPERATIONS_PORT",
    "WORKER_PORT",
    "HOST",
  ],
  Console: ["CONSOLE", "CONSOLE_SESSION_MINUTES"],
  "User API: access": [
    "JWT_SECRET",
    "JWT_SECRET_PREVIOUS",
    "SERVICE_TOKEN_AUDIENCE",
    "ROLES_FILE",
    "REQUIRE_MFA_FOR",
    "MFA_MAX_AGE_MINUTES",
    "ADMIN_IP_ALLOW_LIST",
    "TRUSTED_PROXIES",
    "OPEN_REGISTRATION",
    "CORS_ORIGINS",
  ],
  "User API: rate limits": [
    "RATE_LIMIT_PER_IP",
    "RATE_LIMIT_PER_CALLER",
    "RATE_LIMIT_BAD_TOKENS",
    "RATE_LIMIT_REGISTRATIONS",
  ],
  "User API: users": ["USERS_BY_ROLE_MAX_CLERK_CALLS", "SELF_EMAIL_CHANGE"],
  "User API: passwords and recovery": [
    "PASSWORD_LENGTH",
    "PASSWORD_CLASSES",
    "PASSWORD_FORBIDDEN_WORDS",
    "PASSWORD_FORBID_PERSONAL_INFO",
    "RECOVERY_LINK_EXPIRES_SECONDS",
    "PASSWORD_ATTEMPTS_PER_EMAIL",
    "PASSWORD_ATTEMPTS_PER_IP",
    "PASSWORD_ATTEMPTS_WINDOW_SECONDS",
    "PASSWORD_FAILURE_MIN_MS",
  ],
  "User API: audit, cache, analytics": [
    "AUDIT_RETENTION_MS",
    "AUDIT_MAX_ENTRIES",
    "CACHE_TTL_MS",
    "ANALYTICS_RETENTION_DAYS",
  ],
};

/** Variables without a default that must be set. `.env.example` leaves them empty. */
const required: ReadonlySet<string> = new Set(["CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET"]);

export interface Variable {
  readonly name: string;
  readonly description: string;
  /** The default as it would be set in the environment; `undefined` if the variable has none. */
  readonly defaultValue: string | undefined;
  readonly isRequired: boolean;
  readonly programs: readonly string[];
}

export const variableNamed = (name: keyof typeof environmentSchema.shape): Variable => ({
  name,
  description: environmentSchema.shape[name].description ?? "",
  defaultValue: defaultOf(environmentSchema.shape[name]),
  isRequired: required.has(name),
  programs: [
    ...(name in API_ENVIRONMENT ? ["API"] : []),
    ...(name in WORKER_ENVIRONMENT ? ["worker"] : []),
    ...(name in CLI_ENVIRONMENT ? ["CLI"] : []),
  ],
});

function defaultOf(schema: z.ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault) && !(schema instanceof z.ZodPrefault)) return undefined;
  const value: unknown = schema.def.defaultValue;
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return text === "" ? undefined : text;
}
