import type { EventLog } from "../../src/kafka/open-event-log.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import { checkShardCount } from "../../src/resharding/assert-shard-count.ts";
import { workerShardCountError } from "../../src/resharding/shard-layout.ts";
import { StartUpError } from "../../src/shared/errors.ts";
import type { CliConfig } from "../context/cli-config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const workersDoNotStart = "until this is solved, no worker starts";

/**
 * Checks that the topics exist and suit the configuration, and that the brokers can keep the guarantee. Throws when Kafka
 * is unavailable.
 */
export async function checkKafka(
  eventLog: Pick<EventLog, "checkTopics">,
  { kafka: { eventsTopic, stateTopic, shards } }: CliConfig,
): Promise<Finding[]> {
  try {
    const missing = await eventLog.checkTopics();
    if (missing.length > 0)
      return [warn("Kafka", `answers; no topic ${missing.join(", ")} yet`, "the worker creates it when it starts")];
    return [ok("Kafka", `${eventsTopic} and ${stateTopic} have ${shards} partitions each`)];
  } catch (error) {
    if (!(error instanceof StartUpError)) throw error;
    return [fail("Kafka", error.message, workersDoNotStart)];
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
