import type { CliConfig } from "../context/cli-config.ts";
import type { EventLog } from "../../src/kafka/open-event-log.ts";
import { StartUpError } from "../../src/shared/errors.ts";
import { bad, type Finding, good, warn } from "./finding.ts";

/** Whether the topics are there and fit, and the brokers are such that the guarantee holds. Throws while Kafka is away. */
export async function checkKafka(
  eventLog: Pick<EventLog, "checkTopics">,
  { kafka: { eventsTopic, stateTopic, shards } }: CliConfig,
): Promise<Finding[]> {
  try {
    const missing = await eventLog.checkTopics();
    if (missing.length > 0)
      return [warn("Kafka", `answers; no topic ${missing.join(", ")} yet`, "the worker makes it when it starts")];
    return [good("Kafka", `${eventsTopic} and ${stateTopic} have ${shards} partitions each`)];
  } catch (error) {
    if (!(error instanceof StartUpError)) throw error;
    return [bad("Kafka", error.message, "no worker starts before")];
  }
}
