import { cp, rm } from "node:fs/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import type { KafkaServer } from "../../../dev/stack/start-kafka.ts";
import { openEventLog } from "../../../src/kafka/open-event-log.ts";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type ClerkWithoutWebhooks, openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { type PrivateServer, reserveKafka } from "../../support/private-servers.ts";

// Kafka loses acknowledged records when it is restored from an older copy of its disk. The cluster id stays the same, and the
// ledger in Redis has states that Kafka no longer has.
let resources: AsyncDisposableStack;
let kafka: PrivateServer<KafkaServer>;
let server: KafkaServer;
let clerk: ClerkWithoutWebhooks;
let deleted: string;

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  kafka = resources.use(await reserveKafka());
  server = await kafka.start();
  clerk = resources.use(await openClerkWithoutWebhooks({ kafkaBrokers: server.brokers }));
});
afterEach(() => resources.disposeAsync());

test("a ledger whose last record differs from Kafka's at the same offset is rebuilt, and a sweep repairs", async () => {
  const { restore, stopWorker } = await publishThenLose();
  await stopWorker();
  await restore();
  await growPartitions();
  const worker = await clerk.bridge.startWorker();
  await waitUntilRepaired(worker);
  expect(await worker.metric("bridge_ledger_losses_total")).toBeGreaterThanOrEqual(clerk.bridge.shards);
}, 120_000);

test("an idle worker notices that Kafka has lost records, rebuilds the ledger, and a sweep repairs", async () => {
  const { restore, worker } = await publishThenLose();
  await restore();
  await waitUntilRepaired(worker);
  expect(await worker.metric("bridge_ledger_losses_total")).toBeGreaterThanOrEqual(clerk.bridge.shards);
}, 120_000);

/** Publishes users, copies Kafka's disk, publishes more, and returns what brings Kafka back to the copy. */
async function publishThenLose() {
  const { bridge, emulator, createUsers } = clerk;
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: emulator.webhookSecret });
  const users = createUsers(20);
  await emulator.webhooks.settled();
  await clerk.expectAllPublished();

  const copy = `${server.dir}-copy`;
  resources.defer(() => rm(copy, { recursive: true, force: true }));
  await restartKafka(() => cp(server.dir, copy, { recursive: true }));
  await worker.waitUntilReady();
  createUsers(20);
  for (const id of users.slice(0, 10)) emulator.dashboard.updateUser(id, { first_name: "Grace" });
  deleted = users[11] ?? "";
  emulator.dashboard.deleteUser(deleted);
  await emulator.webhooks.settled();
  await clerk.expectAllPublished([deleted]);

  return {
    worker,
    stopWorker: async () => expect(await worker.stop()).toBe("exit code 0"),
    restore: () =>
      restartKafka(async () => {
        await rm(server.dir, { recursive: true });
        await cp(copy, server.dir, { recursive: true });
      }),
  };
}

async function restartKafka(whileStopped: () => Promise<void>): Promise<void> {
  await server.stop();
  await whileStopped();
  server = await kafka.start();
}

/** Writes barriers until every partition is longer than it was before the loss. */
async function growPartitions(): Promise<void> {
  const { redisPrefix: name, redisUrl, kafkaBrokers, shards } = clerk.bridge;
  const config = readWorkerConfig(bridgeVariables({ name, redisUrl, kafkaBrokers, shards }));
  const eventLog = openEventLog(config.kafka, pino({ level: "silent" }));
  for (let shard = 0; shard < shards; shard += 1) {
    const publisher = await eventLog.openPublisher(shard);
    const before = await eventLog.stateEnd(shard);
    while ((await eventLog.stateEnd(shard)) < before + 100n) await publisher.assertOwner();
    await publisher.close();
  }
}

/** Throws when the topics do not become those of Clerk's users. */
async function waitUntilRepaired(worker: BridgeProcess): Promise<void> {
  await worker.waitUntilLogged("ledger.diverged", clerk.bridge.shards, 60_000);
  await waitFor(
    "the topics are those of Clerk's users again",
    async () => {
      await clerk.expectAllPublished([deleted]);
      return true;
    },
    { deadlineMs: 30_000, intervalMs: 200 },
  );
}
