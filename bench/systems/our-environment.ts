import type { BenchContext } from "../context.ts";
import { webhookSecret } from "../load/write-requests.ts";

export const eventsTopicOf = (name: string): string => `${name}.events`;

/** Environment of our processes: a bridge of this name, with keys, topics and a group of its own. */
export function ourEnvironment({ redisUrl, kafkaBrokers, shards }: BenchContext, name: string): Record<string, string> {
  return {
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
    // There is no Clerk: nothing here is so old that it would be asked, and nothing is reconciled with it.
    CLERK_SECRET_KEY: "sk_test_bench",
    CLERK_API_URL: "http://127.0.0.1:1",
    RECONCILE_EVERY_MS: "0",
    RECONCILE_SWEEP_CRON: "off",
  };
}
