// Forwards every event to HTTP endpoints as webhooks that are signed by the Standard Webhooks specification.
import type { PlacedRecord } from "@clerk-kafka-bridge/consumer";
import { createKafkajsSource } from "@clerk-kafka-bridge/consumer/kafkajs";
import { parseUserEvent } from "@clerk-kafka-bridge/events";
import { Kafka, logLevel } from "kafkajs";
import { z } from "zod";
import { deliver } from "./deliver.ts";
import { type Endpoint, openDisabledEndpoints, readEndpoints } from "./endpoints.ts";

const settings = z
  .object({
    KAFKA_BROKERS: z.string().default("127.0.0.1:9092"),
    KAFKA_EVENTS_TOPIC: z.string().default("user.events"),
    KAFKA_GROUP_ID: z.string().default("example-webhooks-out"),
    ENDPOINTS_FILE: z.string().default("endpoints.json"),
    DATA_FOLDER: z.string().default("data"),
    FIRST_RETRY_MS: z.coerce.number().int().positive().default(1_000),
    DISABLE_AFTER_MS: z.coerce
      .number()
      .int()
      .positive()
      .default(24 * 60 * 60 * 1_000),
  })
  .parse(process.env);

const endpoints = await readEndpoints(settings.ENDPOINTS_FILE);
const disabled = await openDisabledEndpoints(settings.DATA_FOLDER);
const source = createKafkajsSource(
  new Kafka({
    clientId: "example-webhooks-out",
    brokers: settings.KAFKA_BROKERS.split(","),
    logLevel: logLevel.NOTHING,
  }),
);

/** A record that is no event. */
class UnparsedError extends Error {}
/** The endpoint gets no more webhooks. */
class DisabledError extends Error {}

/** A group of its own for each endpoint: one that is slow or dead delays no other. */
const forwarding = endpoints.map((endpoint) => forwardTo(endpoint));
const stopAll = () => forwarding.forEach(({ stop }) => void stop());
// npm passes on a Ctrl-C that the terminal has already sent, so the second one must not end the process.
process.on("SIGINT", stopAll);
process.once("SIGTERM", stopAll);
await Promise.all(forwarding.map(({ finished }) => finished));

interface Forwarding {
  /** Rejects when a record stops the forwarding; resolves when it is stopped, or the endpoint is disabled. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

function forwardTo(endpoint: Endpoint): Forwarding {
  const known = disabled.find(endpoint.id);
  if (known) {
    console.log(`${endpoint.id} is disabled since ${known.at}: ${known.reason}`);
    return { finished: Promise.resolve(), stop: async () => {} };
  }
  const ended = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const following = source.follow({
    topic: settings.KAFKA_EVENTS_TOPIC,
    groupId: `${settings.KAFKA_GROUP_ID}.${endpoint.id}`,
    onRecords: async (records, heartbeat) => {
      try {
        // One after another, and none before its predecessor: so the events of each user arrive in order.
        for (const record of records) await forward(record, heartbeat);
      } catch (error) {
        // Everything else, such as a rebalance of the group, is kafkajs' to repeat. Nothing is committed in either case.
        if (error instanceof UnparsedError) ended.reject(error);
        // Stopping waits for this batch, so this batch must not wait for it.
        if (error instanceof UnparsedError || error instanceof DisabledError) void stop();
        throw error;
      }
    },
  });
  following.then(() => console.log(`forwards ${settings.KAFKA_EVENTS_TOPIC} to ${endpoint.id}`), ended.reject);

  async function forward(record: PlacedRecord, heartbeat: () => Promise<void>): Promise<void> {
    const event = parseUserEvent(record);
    if (event.outcome === "invalid") {
      throw new UnparsedError(`${record.topic}/${record.partition}/${record.offset} is no event: ${event.reason}`);
    }
    const onWait = async () => {
      stopping.signal.throwIfAborted();
      await heartbeat();
    };
    await onWait();
    const delivery = await deliver(event, endpoint, {
      disableAfterMs: settings.DISABLE_AFTER_MS,
      firstRetryMs: settings.FIRST_RETRY_MS,
      onWait,
    });
    if (delivery.outcome === "dead") {
      await disabled.add(endpoint.id, delivery.reason);
      console.log(`${endpoint.id} is disabled: ${delivery.reason}`);
      throw new DisabledError(delivery.reason);
    }
    console.log(`${endpoint.id} accepts ${event.event.eventType} ${event.userId} #${event.sequence}`);
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await (await following).stop();
    ended.resolve();
  }
  return { finished: ended.promise, stop };
}
