import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { Kafka, logLevel, type Producer } from "kafkajs";
import { pino } from "pino";
import { expect, inject, onTestFinished, test } from "vitest";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { startKafka } from "../../../dev/stack/start-kafka.ts";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { createKafka } from "../../../src/kafka/client/create-kafka.ts";
import { encodeBarrier } from "../../../src/kafka/records/records.ts";
import { openEventLog } from "../../../src/kafka/open-event-log.ts";
import { openTcpProxy } from "../../chaos/servers/tcp-proxy.ts";
import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import { followTopic } from "../../support/kafka/read-topic.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const shard = 0;
const log = pino({ level: "silent" });

test("a transaction that writes only states also writes its marker to the events topic", async () => {
  const name = `test-${randomUUID()}`;
  const { kafka: config } = readWorkerConfig(
    bridgeVariables({ name, redisUrl: inject("redisUrl"), kafkaBrokers: inject("kafkaBrokers"), shards: 1 }),
  );
  const eventLog = openEventLog(config, log);
  await eventLog.ensureTopics();
  const publisher = await eventLog.openPublisher(shard); // The first barrier,
  await publisher.assertOwner(); // and the second.
  await publisher.close();

  const admin = createKafka(config, log).admin();
  onTestFinished(() => admin.disconnect());
  await admin.connect();
  // The markers of both transactions: consumers do not see them, but each takes an offset.
  expect(await admin.fetchTopicOffsets(config.eventsTopic)).toMatchObject([{ partition: shard, high: "2" }]);
});

/**
 * KAFKA-20734: a broker that restarts after a crash can end the transactions it finds without writing their markers, if it
 * cannot connect to itself until it registers again. The batch written before the crash then stays open in both partitions,
 * and the next markers of its producer decide about it.
 */
test("a batch whose markers Kafka skipped appears in both topics or in none, whatever the next owners do", async () => {
  await using resources = new AsyncDisposableStack();
  const dir = await createFreshFolder();
  resources.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  const port = await findFreePort();
  const link = resources.use(await openTcpProxy({ target: () => port }));
  const start = () => startKafka({ dir: join(dir, "kafka"), port, advertisedPort: link.port });
  let kafka = await start();
  resources.defer(() => kafka.stop());

  const name = "skipped";
  const brokers = [`127.0.0.1:${port}`];
  const { kafka: config } = readWorkerConfig({
    ...bridgeVariables({ name, redisUrl: "redis://127.0.0.1:9", kafkaBrokers: brokers, shards: 1 }),
    KAFKA_TRANSACTION_TIMEOUT_MS: "1000",
  });
  const eventLog = openEventLog(config, log);
  await eventLog.ensureTopics();

  const written = Promise.withResolvers<void>();
  const first = await eventLog.openPublisher(shard, async () => {
    written.resolve();
    await new Promise(() => {}); // Hangs before the commit, like a frozen process.
  });
  void first.publish(creationOf("user_1")).catch(() => {});
  await written.promise;

  // Kafka cannot reach itself when the transaction times out, so it decides to abort and cannot write the markers.
  link.cut();
  await waitFor("Kafka tries to write the markers", () => kafkaLogContains(dir, "TxnMarkerSenderThread"), {
    deadlineMs: 20_000,
  });
  await kafka.kill();
  const restarted = start();
  const hasLeader = async () => (await leaderOf(port, config.stateTopic)) !== undefined;
  await waitFor("Kafka is back", hasLeader, { deadlineMs: 30_000 });
  link.heal();
  kafka = await restarted;

  // The next owner dies while it takes the shard, so its barrier is aborted.
  const halfway = createKafka(config, log).producer({
    transactionalId: `${config.transactionalIdPrefix}.${shard}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  resources.defer(() => halfway.disconnect());
  await abortBarrier(halfway, config.stateTopic);
  // The owner after it continues.
  const last = await eventLog.openPublisher(shard);
  resources.defer(() => last.close());
  await last.publish(creationOf("user_2"));

  const usersIn = async (topic: string) => {
    await using follower = await followTopic(brokers, topic);
    const keys = (await follower.readToEnd()).map(({ key }) => key);
    return keys.filter((key) => key.startsWith("user_"));
  };
  const events = await usersIn(config.eventsTopic);
  expect(events).toContain("user_2");
  expect(await usersIn(config.stateTopic)).toEqual(events);
});

async function kafkaLogContains(dir: string, text: string): Promise<boolean> {
  return (await readFile(join(dir, "kafka", "kafka.log"), "utf8")).includes(text);
}

/** The leader of the shard's partition. Connects to Kafka's own port, because the advertised port is cut. */
async function leaderOf(port: number, topic: string): Promise<number | undefined> {
  const admin = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    socketFactory: ({ onConnect }) => connect({ host: "127.0.0.1", port }, onConnect),
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.find(({ partitionId, leader }) => partitionId === shard && leader >= 0)?.leader;
  } catch {
    return undefined;
  } finally {
    await admin.disconnect();
  }
}

async function abortBarrier(producer: Producer, topic: string): Promise<void> {
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ ...encodeBarrier(randomUUID()), partition: shard }] });
  await transaction.abort();
}

function creationOf(id: string) {
  const user = { id, firstName: "Ada", lastName: "", username: "", emailAddress: [], role: "user" };
  const at = 1_700_000_000_000;
  return {
    events: [
      {
        event: {
          eventId: randomUUID(),
          eventType: "user.created",
          timestamp: new Date(at).toISOString(),
          data: user,
        },
        origin: "webhook",
        sequence: 1,
        svixId: undefined,
        traceparent: undefined,
      },
    ],
    states: [{ userId: id, state: { status: "present", user, createdAt: at, version: at, readAt: 0, sequence: 1 } }],
  } as const;
}
