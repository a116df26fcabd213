import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, inject, onTestFinished, test } from "vitest";
import { readWorkerConfig } from "../../src/config.ts";
import { connectKafka } from "../../src/kafka/connect-kafka.ts";
import { openEventLog } from "../../src/kafka/open-event-log.ts";
import { bridgeVariables, stateTopicOf } from "../harness/bridge-variables.ts";

const transactions = 20;

test("a transaction does not ask who coordinates it: that is remembered", async () => {
  const name = `test-${randomUUID()}`;
  const config = readWorkerConfig(
    bridgeVariables({ name, redisUrl: inject("redisUrl"), kafkaBrokers: inject("kafkaBrokers"), shards: 1 }),
  );
  const log = pino({ level: "silent" });
  await openEventLog(config.kafka, config.eventSource, log).ensureTopics();

  const producer = connectKafka(config.kafka, log).producer({
    transactionalId: name,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  const requests = new Map<string, number>();
  producer.on(producer.events.REQUEST, ({ payload: { apiName } }) => {
    requests.set(apiName, (requests.get(apiName) ?? 0) + 1);
  });
  onTestFinished(() => producer.disconnect());
  await producer.connect();
  for (let number = 0; number < transactions; number += 1) {
    const transaction = await producer.transaction();
    await transaction.send({
      topic: stateTopicOf(name),
      messages: [{ key: "user", value: `${number}`, partition: 0 }],
    });
    await transaction.commit();
  }

  expect(requests.get("EndTxn")).toBe(transactions);
  // Of its own accord kafkajs asks twice in each transaction; here once a second.
  expect(requests.get("GroupCoordinator")).toBeLessThan(transactions);
});
