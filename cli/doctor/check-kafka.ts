import { explainKafkaError } from "../../src/kafka/client/explain-error.ts";
import type { EventLog } from "../../src/kafka/open-event-log.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import { checkShardCount, workerShardCountError } from "../../src/resharding/shard-layout.ts";
import type { CliConfig } from "../context/cli-config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const workersDoNotStart = "until this is solved, no worker starts";

/**
 * Checks that the topics exist and suit the configuration, that the brokers can keep the guarantee, and that a transaction can be
 * begun. Throws when Kafka is unavailable.
 */
export async function checkKafka(
  eventLog: Pick<EventLog, "checkTopics" | "checkTransactions">,
  { kafka: { eventsTopic, stateTopic, shards } }: CliConfig,
): Promise<Finding[]> {
  try {
    const { missing, problems } = await eventLog.checkTopics();
    const findings = problems.map(({ severity, subject, detail, remedy }) =>
      (severity === "refuse" ? fail : warn)(subject, detail, remedy),
    );
    if (missing.length > 0) {
      const detail = `answers; no topic ${missing.join(", ")} yet`;
      findings.push(warn("Kafka", detail, "the worker creates it when it starts"));
    } else if (problems.every(({ severity }) => severity === "warn")) {
      findings.push(ok("Kafka", `${eventsTopic} and ${stateTopic} have ${shards} partitions each`));
    }
    // Without a coordinator, the attempt would only repeat the problem after a long wait.
    if (problems.some(({ subject }) => subject === "Transactions")) return findings;
    await eventLog.checkTransactions();
    return [...findings, ok("Kafka transactions", "can be begun")];
  } catch (error) {
    const refusal = explainKafkaError(error);
    if (refusal === undefined) throw error;
    const [detail = "", remedy = workersDoNotStart] = refusal.message.split(/\n *→ /);
    return [fail("Kafka", detail, remedy)];
  }
}

/** Checks that the bridge has the configured number of shards, and that no resharding is unfinished. Reports problems only. */
export async function checkShards(redis: RedisClient, config: CliConfig): Promise<Finding[]> {
  const checked = await checkShardCount({
    redis,
    redisPrefix: config.redis.prefix,
    shards: config.shards,
    shardCountError: workerShardCountError,
  });
  return checked === true ? [] : [fail("Shards", checked, workersDoNotStart)];
}
