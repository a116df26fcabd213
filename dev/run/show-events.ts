import { userEventSchema } from "@clerk-kafka-bridge/events";
import { randomUUID } from "node:crypto";
import { createKafka } from "../../src/kafka/client/create-kafka.ts";
import type { KafkaConfig } from "../../src/kafka/client/kafka-config.ts";
import { createLogger } from "../../src/shared/logger.ts";
import { formatEvent } from "../../cli/commands/tail.ts";

/** Prints every event that is committed from now on. Resolves when no later event can be missed. */
export async function showEvents(
  config: KafkaConfig,
  print: (line: string) => void,
): Promise<{ stop: () => Promise<void> }> {
  const kafka = createKafka(config, createLogger("events", "silent"));
  const consumer = kafka.consumer({ groupId: `show-events-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: config.eventsTopic, fromBeginning: false });
  const fetching = new Promise<void>((resolve) => void consumer.on(consumer.events.FETCH, () => resolve()));
  await consumer.run({
    autoCommit: false, // A group without offsets disappears with its only member.
    eachMessage: async ({ message }) => {
      const event = userEventSchema.parse(JSON.parse(String(message.value)));
      print(formatEvent(event, new Date()));
    },
  });
  // The first fetch follows after "now" has been resolved to an offset of each partition.
  await fetching;
  return { stop: () => consumer.disconnect() };
}
