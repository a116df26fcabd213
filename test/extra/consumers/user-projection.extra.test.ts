import { createMemoryStore, createUserProjection, startUserProjection } from "@clerk-kafka-bridge/consumer";
import { createKafkajsSource } from "@clerk-kafka-bridge/consumer/kafkajs";
import { createPlatformaticSource } from "@clerk-kafka-bridge/consumer/platformatic";
import { PGlite } from "@electric-sql/pglite";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { spawnScript } from "../../support/bridge/bridge-process.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { messagesOf } from "../../support/clerk/clerk-messages.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { createKafka, readTopic } from "../../support/kafka/read-topic.ts";

/** The users in the state topic: id, sequence and first name. */
async function readStates({ kafkaBrokers, stateTopic }: Bridge): Promise<Map<string, unknown>> {
  const states = new Map<string, unknown>();
  for (const { key, value, headers } of await readTopic(kafkaBrokers, stateTopic)) {
    if (key.includes(" ")) continue;
    if (value === null) states.delete(key);
    else {
      const { updatedAt: _, ...user } = JSON.parse(value);
      states.set(key, { sequence: Number(headers["ce_sequence"]), user });
    }
  }
  return states;
}

test("a consumer that is killed at every step while events flow ends with the users of the state topic, and writes no change twice", async () => {
  await using bridge = await openBridge();
  await using folders = new AsyncDisposableStack();
  const folder = await createFreshFolder();
  folders.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const history = messagesOf(makeHistory({ users: 60, seed: 7 }));
  const table = join(folder, "table");
  const spawn = (life: number, dieAt: number) =>
    spawnScript({
      script: "test/support/programs/projecting-consumer.ts",
      logFile: join(folder, `consumer-${life}.log`),
      variables: {
        BROKERS: bridge.kafkaBrokers.join(","),
        EVENTS_TOPIC: bridge.eventsTopic,
        STATE_TOPIC: bridge.stateTopic,
        FOLDER: table,
        DIE_AT: String(dieAt),
      },
    });

  const first = history.slice(0, 40);
  await sendAll(api.url, first);
  await bridge.waitUntilIdle();
  // 1 to 5 are the resync: run begun, before, inside and after a transaction, end. Then come the steps of events.
  const lives = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const part = Math.ceil((history.length - first.length) / lives.length);
  for (const [index, dieAt] of lives.entries()) {
    const consumer = spawn(index, dieAt);
    folders.defer(consumer.kill);
    await sendAll(api.url, history.slice(first.length + index * part, first.length + (index + 1) * part));
    expect({ exited: await consumer.exited, output: await consumer.output() }).toMatchObject({ exited: "SIGKILL" });
  }

  await bridge.waitUntilIdle();
  const last = spawn(lives.length, 0);
  folders.defer(last.kill);
  const admin = createKafka(bridge.kafkaBrokers).admin();
  await admin.connect();
  folders.defer(() => admin.disconnect());
  await waitFor(
    "the consumer has read all events",
    async () => {
      const bounds = await admin.fetchTopicOffsets(bridge.eventsTopic);
      const [group] = await admin.fetchOffsets({
        groupId: `${bridge.eventsTopic}.projection`,
        topics: [bridge.eventsTopic],
      });
      return bounds.every(
        ({ partition, high }) => group?.partitions.find((at) => at.partition === partition)?.offset === high,
      );
    },
    { deadlineMs: 60_000, intervalMs: 100 },
  );
  await last.stop();
  expect({ exited: await last.exited, output: await last.output() }).toMatchObject({ exited: "exit code 0" });

  const database = await PGlite.create(table);
  folders.defer(() => database.close());
  const { rows } = await database.query<{ id: string; sequence: number; data: object }>(
    "SELECT id, sequence, data FROM clerk_users WHERE NOT deleted",
  );
  const kept = new Map(rows.map(({ id, sequence, data }) => [id, { sequence, user: data }]));
  expect(kept).toEqual(await readStates(bridge));
  expect(kept.size).toBeGreaterThan(20);
  const repeated = await database.query("SELECT id, sequence FROM writes GROUP BY id, sequence HAVING count(*) > 1");
  expect(repeated.rows).toEqual([]);
  const events = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  const effects = await database.query("SELECT event_id FROM clerk_users_effects");
  expect(effects.rows).toHaveLength(events.length);
}, 150_000);

const sources = [
  {
    client: "kafkajs",
    createSource: (brokers: readonly string[]) => createKafkajsSource(createKafka(brokers), { maxWaitTimeInMs: 100 }),
  },
  {
    client: "@platformatic/kafka",
    createSource: (brokers: readonly string[]) =>
      createPlatformaticSource({ clientId: "tests", bootstrapBrokers: [...brokers], maxWaitTime: 100 }),
  },
];

test.for(sources)(
  "a projection with $client that starts late has all users, follows events, and stops at a foreign record",
  async ({ createSource }) => {
    await using bridge = await openBridge();
    const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
    const history = makeHistory({ users: 20, seed: 8 });
    await sendAll(api.url, messagesOf(history.slice(0, 30)));
    await bridge.waitUntilIdle();

    const kafka = createKafka(bridge.kafkaBrokers);
    const store = createMemoryStore();
    const seen = new Set<string>();
    const options = {
      projection: createUserProjection({ store }),
      source: createSource(bridge.kafkaBrokers),
      groupId: `${bridge.eventsTopic}.late`,
      eventsTopic: bridge.eventsTopic,
      stateTopic: bridge.stateTopic,
      onEvent: ({ eventId }: { eventId: string }) => void seen.add(eventId),
    };
    const running = await startUserProjection(options);
    await using started = new AsyncDisposableStack();
    started.defer(running.stop);
    await sendAll(api.url, messagesOf(history.slice(30)));
    await bridge.waitUntilIdle();
    const ledger = [...(await bridge.readLedger())].flatMap(([id, user]) => (user === undefined ? [] : [[id, user]]));
    const current = new Map(ledger.map(([id, user]) => [id, expect.objectContaining(user)]));
    await waitFor("the projection has the users of the ledger", () => {
      expect(new Map(store.users())).toEqual(current);
      return true;
    });
    expect(seen.size).toBeGreaterThan(current.size);

    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: bridge.eventsTopic, messages: [{ key: "user_x", value: "{", partition: 0 }] });
    await producer.disconnect();
    await expect(running.finished).rejects.toThrow(/partition 0, offset \d+ cannot be parsed: value: /);
    // The record is still there for the next start, because its offset is not committed.
    const again = await startUserProjection(options);
    started.defer(again.stop);
    await expect(again.finished).rejects.toThrow("cannot be parsed");
  },
);

test.for(sources)(
  "a projection with $client is right in spite of aborted transactions, one after another",
  async ({ createSource }) => {
    await using bridge = await openBridge({ shards: 1 });
    await using worker = await bridge.startWorker();
    await worker.stop();
    const kafka = createKafka(bridge.kafkaBrokers);
    const producer = kafka.producer({
      transactionalId: `${bridge.eventsTopic}.tx`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    await using opened = new AsyncDisposableStack();
    opened.defer(() => producer.disconnect());
    const ids = ["1", "2", "3", "4"].map((digit) => `user_${digit}`);
    const transact = async (id: string, firstName: string, end: "commit" | "abort") => {
      const user = { id, firstName, lastName: "", username: "", emailAddress: [], role: "user" };
      const timestamp = "2026-01-31T09:30:00.000Z";
      const headers = { ce_sequence: "1", ce_origin: "webhook" };
      const event = { eventId: randomUUID(), eventType: "user.created", timestamp, data: user };
      const state = { ...user, createdAt: timestamp, updatedAt: timestamp };
      const transaction = await producer.transaction();
      for (const [topic, value] of [
        [bridge.eventsTopic, event],
        [bridge.stateTopic, state],
      ] as const) {
        await transaction.send({ topic, messages: [{ key: id, value: JSON.stringify(value), headers, partition: 0 }] });
      }
      await transaction[end]();
    };
    for (const id of ids) await transact(id, "aborted", "abort");
    for (const id of ids) await transact(id, "aborted again", "abort");
    for (const id of ids) await transact(id, "committed", "commit");

    const store = createMemoryStore();
    const seen = new Set<string>();
    const running = await startUserProjection({
      projection: createUserProjection({ store }),
      source: createSource(bridge.kafkaBrokers),
      groupId: `${bridge.eventsTopic}.aborted`,
      eventsTopic: bridge.eventsTopic,
      stateTopic: bridge.stateTopic,
      onEvent: ({ eventId, event }) => {
        if (event.eventType === "user.created" && event.data.firstName === "committed") seen.add(eventId);
      },
    });
    opened.defer(running.stop);
    await waitFor("all committed events are read", () => seen.size === ids.length, { deadlineMs: 20_000 });
    expect([...store.users().values()].map(({ firstName }) => firstName)).toEqual(ids.map(() => "committed"));
  },
);

test("a source for kafkajs refuses read_uncommitted", () => {
  expect(() => createKafkajsSource(createKafka(["127.0.0.1:1"]), { readUncommitted: true })).toThrow("read_committed");
});

test("a source for @platformatic/kafka refuses READ_UNCOMMITTED", () => {
  const options = { clientId: "tests", bootstrapBrokers: ["127.0.0.1:1"], isolationLevel: 0 };
  expect(() => createPlatformaticSource(options)).toThrow("read_committed");
});
