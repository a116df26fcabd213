import type { BenchContext } from "../context.ts";
import { webhookSecret } from "../load/write-requests.ts";

export const eventsTopicOf = (name: string): string => `${name}.events`;

/** The environment of our processes: the bridge with this name has its own keys, topics and consumer group. */
export function ourEnvironment({ redisUrl, kafkaBrokers, shards }: BenchContext, name: string): Record<string, string> {
  return {
    ...passedOn(),
    HOST: "127.0.0.1",
    REDIS_URL: redisUrl,
    REDIS_PREFIX: name,
    KAFKA_BROKERS: kafkaBrokers.join(","),
    KAFKA_EVENTS_TOPIC: eventsTopicOf(name),
    KAFKA_STATE_TOPIC: `${name}.state`,
    KAFKA_AUDIT_TOPIC: `${name}.audit`,
    KAFKA_GROUP_ID: name,
    KAFKA_TRANSACTIONAL_ID_PREFIX: name,
    SHARDS: String(shards),
    CLERK_WEBHOOK_SECRET: webhookSecret,
    // No Clerk is reachable. No message is old enough to be checked with Clerk, and reconciliation is off.
    CLERK_SECRET_KEY: "sk_test_bench",
    CLERK_API_URL: "http://127.0.0.1:1",
    RECONCILE_EVERY_MS: "0",
    RECONCILE_SWEEP_CRON: "off",
  };
}

/** The benchmark's own `OTEL_…` variables, which measure the cost of traces, and its `NODE_OPTIONS`. */
const passedOn = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      (name.startsWith("OTEL_") || name === "NODE_OPTIONS") && value !== undefined ? [[name, value]] : [],
    ),
  );
