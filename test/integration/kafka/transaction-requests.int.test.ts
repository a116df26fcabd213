import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, inject, onTestFinished, test } from "vitest";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { createKafka } from "../../../src/kafka/client/create-kafka.ts";
import { openEventLog } from "../../../src/kafka/open-event-log.ts";
import { spanPartitions } from "../../../src/kafka/kafkajs-patches/span-partitions.ts";
import { createTransactionWriter } from "../../../src/kafka/publishing/transaction-writer.ts";
import { bridgeVariables, eventsTopicOf, stateTopicOf } from "../../support/bridge/bridge-variables.ts";

const transactions = 20;

test("a transaction adds all partitions at once, writes to them in one request and does not look up its coordinator each time", async () => {
  const name = `test-${randomUUID()}`;
  const config = readWorkerConfig(
    bridgeVariables({ name, redisUrl: inject("redisUrl"), kafkaBrokers: inject("kafkaBrokers"), shards: 1 }),
  );
  const log = pino({ level: "silent" });
  await openEventLog(config.kafka, log).ensureTopics();

  const producer = createKafka(config.kafka, log).producer({
    transactionalId: name,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  const topics = [eventsTopicOf(name), stateTopicOf(name)];
  spanPartitions(
    name,
    topics.map((topic) => ({ topic, partitions: [0] })),
  );
  const requests = new Map<string, number>();
  producer.on(producer.events.REQUEST, ({ payload: { apiName } }) => {
    requests.set(apiName, (requests.get(apiName) ?? 0) + 1);
  });
  onTestFinished(() => producer.disconnect());
  await producer.connect();
  /** The number of AddPartitionsToTxn requests up to each commit. */
  const joinsBy: number[] = [];
  const write = createTransactionWriter(producer, 0);
  for (let number = 0; number < transactions; number += 1) {
    const records = [{ key: "user", value: `${number}`, headers: {} }];
    const written = await write(
      topics.map((topic) => [topic, records]),
      async () => void joinsBy.push(requests.get("AddPartitionsToTxn") ?? 0),
    );
    expect(new Set(written.map(({ topicName }) => topicName))).toEqual(new Set(topics));
  }

  expect(requests.get("EndTxn")).toBe(transactions);
  // One broker leads all partitions here.
  expect(requests.get("Produce")).toBe(transactions);
  // Unpatched kafkajs adds each partition on its first write. Only the first transaction is checked: later ones may have to
  // add the partitions again, while Kafka still writes the markers of the transaction before.
  expect(joinsBy[0]).toBe(1);
  // Unpatched kafkajs looks it up twice per transaction; the patched one at most once per second.
  expect(requests.get("GroupCoordinator")).toBeLessThan(transactions);
});
