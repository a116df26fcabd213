import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import kafkajs, { type Admin } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { openEventLog } from "../../../src/kafka/open-event-log.ts";
import type { ShardPublisher } from "../../../src/kafka/publishing/shard-publisher.ts";
import { createLogger } from "../../../src/shared/logger.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import {
  expectedUsers,
  makeUser,
  messagesOf,
  type UserMessage,
  versionOf,
} from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { type KafkaCluster, startKafkaCluster } from "../../support/kafka/start-kafka-cluster.ts";
import { createKafka, readTopic } from "../../support/kafka/read-topic.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const shards = 6;
const replicated = { KAFKA_REPLICATION_FACTOR: "3", KAFKA_MIN_INSYNC_REPLICAS: "2" };
/** A broker restarts in 3 s on a quiet machine and in 15 s on a busy one. */
const manyRestartsMs = 180_000;
const resources = new AsyncDisposableStack();
const sent: UserMessage[] = [];
let cluster: KafkaCluster;
let bridge: Bridge;
let admin: Admin;
let apis: BridgeProcess[];
let workers: BridgeProcess[];
let topics: string[];

beforeAll(async () => {
  cluster = resources.use(await startKafkaCluster());
  admin = createKafka(cluster.kafkaBrokers).admin();
  await admin.connect();
  resources.defer(() => admin.disconnect());
  bridge = resources.use(await openBridge({ kafkaBrokers: cluster.kafkaBrokers, shards, variables: replicated }));
  topics = [bridge.eventsTopic, bridge.stateTopic];
  [apis, workers] = await Promise.all([
    Promise.all([bridge.startApi(), bridge.startApi()]),
    Promise.all([bridge.startWorker(), bridge.startWorker()]),
  ]);
});
afterAll(() => resources.disposeAsync());

test("the topics have a replica on each broker, and a write needs two in-sync replicas", async () => {
  const metadata = await admin.fetchTopicMetadata({ topics });
  for (const { partitions } of metadata.topics) {
    expect(partitions.map(({ replicas }) => replicas.length)).toEqual(Array.from({ length: shards }, () => 3));
  }
  const settings = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ["min.insync.replicas"],
    })),
  });
  for (const { configEntries } of settings.resources) expect(configEntries[0]?.configValue).toBe("2");
});

test("consecutive batches are each written once, whichever brokers lead their partitions", async () => {
  const { kafkaBrokers } = cluster;
  const name = `test-${randomUUID()}`;
  const { kafka: config } = readWorkerConfig({
    ...bridgeVariables({ name, redisUrl: bridge.redisUrl, kafkaBrokers, shards }),
    ...replicated,
  });
  const eventLog = openEventLog(config, createLogger("worker", "silent"));
  await waitFor("the topics exist", async () => (await eventLog.ensureTopics(), true));
  const batches = 40;
  await Promise.all(
    Array.from({ length: shards }, async (_, shard) => {
      const publisher = await eventLog.openPublisher(shard);
      for (let batch = 0; batch < batches; batch += 1) await publisher.publish(writeBatch());
      await publisher.close();
    }),
  );
  for (const topic of [config.eventsTopic, config.stateTopic]) {
    const records = await readTopic(kafkaBrokers, topic);
    expect(new Set(records.map(({ key }) => key)).size).toBe(shards * batches);
    expect(records).toHaveLength(shards * batches);
  }
});

test(
  "events are published exactly once and in order while coordinators are killed and stopped one after the other",
  { timeout: manyRestartsMs },
  async () => {
    await sendWhile(async () => {
      for (const [find, end] of [
        [() => cluster.transactionCoordinator(`${bridge.redisPrefix}.0`), cluster.kill],
        [() => cluster.transactionCoordinator(`${bridge.redisPrefix}.1`), cluster.stop],
        [() => cluster.groupCoordinator(bridge.redisPrefix), cluster.kill],
      ] as const) {
        const ended = await find();
        await end(ended);
        await waitFor("another broker is the coordinator", async () => (await find()) !== ended, {
          deadlineMs: 30_000,
        });
        const committed = await countCommitted();
        await waitFor(
          "events are committed without the broker",
          async () => (await countCommitted()) > committed + 50,
          {
            deadlineMs: 30_000,
          },
        );
        await cluster.start(ended);
        await cluster.waitUntilInSync(topics);
      }
    });
    await bridge.waitUntilIdle(30_000);
    const events = await expectExactlyOnce(bridge, expectedUsers(sent));
    expect(new Set(events.map(({ partition }) => partition)).size).toBe(shards);
    for (const worker of workers) expect(await worker.metric("bridge_events_committed_total")).toBeGreaterThan(0);
  },
);

test(
  "while two brokers are down, webhooks are accepted and workers are not ready; both recover without a restart",
  { timeout: manyRestartsMs },
  async () => {
    const [first = 0, second = 0] = cluster.brokerIds.slice(1);
    const before = await countCommitted();
    await Promise.all([cluster.kill(first), cluster.kill(second)]);
    const acceptedWhileDown = makeHistory({ users: 60, seed: 1_000 });
    await sendToBoth(shuffleWithRepeats(acceptedWhileDown, 1_000));
    await Promise.all(
      workers.map((worker) =>
        waitFor("the worker is not ready", async () => (await worker.readiness()).status === 503, {
          deadlineMs: 20_000,
          intervalMs: 50,
        }),
      ),
    );
    // Counted by the workers, because a leader without followers may not know where its partition ends.
    expect(await countCommitted()).toBe(before);

    await Promise.all([cluster.start(first), cluster.start(second)]);
    sent.push(...acceptedWhileDown);
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    await bridge.waitUntilIdle(30_000);
    await expectExactlyOnce(bridge, expectedUsers(sent));
  },
);

/** A batch that creates one new user. */
function writeBatch(): Parameters<ShardPublisher["publish"]>[0] {
  const user = makeUser();
  const version = versionOf(0);
  const event = {
    eventId: randomUUID(),
    eventType: "user.created" as const,
    timestamp: new Date(version).toISOString(),
    data: user,
  };
  return {
    events: [{ event, origin: "webhook", sequence: 1, svixId: undefined, traceparent: undefined }],
    states: [
      { userId: user.id, state: { status: "present", user, createdAt: version, version, readAt: 0, sequence: 1 } },
    ],
  };
}

/** Sends the histories of new users, shuffled and repeated, until `work` is done. */
async function sendWhile(work: () => Promise<void>): Promise<void> {
  const done = new AbortController();
  const working = work().finally(() => done.abort());
  working.catch(() => {}); // Thrown below.
  for (let seed = 1; !done.signal.aborted; seed += 1) {
    const history = makeHistory({ users: 3, seed });
    sent.push(...history);
    await sendToBoth(shuffleWithRepeats(history, seed));
    await delay(100);
  }
  await working;
}

async function sendToBoth(history: readonly UserMessage[]): Promise<void> {
  await Promise.all(
    apis.map((api, index) => sendAll(api.url, messagesOf(history.filter((_, at) => at % apis.length === index)), 4)),
  );
}

async function countCommitted(): Promise<number> {
  const counts = await Promise.all(workers.map((worker) => worker.metric("bridge_events_committed_total")));
  return counts.reduce((sum, count) => sum + count, 0);
}
