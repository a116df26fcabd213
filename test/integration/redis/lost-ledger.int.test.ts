import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { proofFields } from "../../../src/ledger/shard-ledger.ts";
import { ledgerKey, shardPrefix } from "../../../src/redis/keys.ts";
import type { Step } from "../../../workers/context/shard-context.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { expectedUsers, messagesOf, newMessageId, type UserMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { type PrivateServer, reserveRedis } from "../../support/private-servers.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

// Redis holds only a copy. Whatever it loses, Kafka still has everything that was published.
let resources: AsyncDisposableStack;
let redis: PrivateServer<{ kill: () => Promise<void> }>;
let server: { kill: () => Promise<void> };
let bridge: Bridge;
let api: BridgeProcess;

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  redis = resources.use(await reserveRedis());
  server = await redis.start();
  bridge = resources.use(await openBridge({ redisUrl: `redis://127.0.0.1:${redis.port}` }));
  api = await bridge.startApi();
});
afterEach(() => resources.disposeAsync());

const earlier = makeHistory({ users: 20, seed: 6 });
const later = makeHistory({ users: 10, seed: 7 });

test("after a FLUSHALL the ledger is rebuilt from Kafka, and repeated earlier messages publish nothing", async () => {
  const worker = await bridge.startWorker();
  const published = await publish(earlier);
  await bridge.redis.flushall();
  expect(await publish(shuffleWithRepeats(earlier, 1), earlier)).toEqual(published);
  expect(await publish(later, [...earlier, ...later])).not.toEqual(published);
  expect(await worker.metric("bridge_ledger_losses_total")).toBeGreaterThan(0);
});

test.for<Step>(["decided", "committed"])(
  "a FLUSHALL while a batch is at `%s` causes no lost or repeated event",
  async (step) => {
    const worker = await bridge.startPausableWorker(step);
    await publish(earlier);
    await worker.arm();
    await sendAll(api.url, messagesOf(later));
    await worker.waitUntilLogged("halted");
    await bridge.redis.flushall();
    worker.thaw();
    await worker.waitUntilLogged("shard.dropped");
    // The queue is lost too, so Clerk has to send the unprocessed messages again.
    const history = [...earlier, ...later];
    const published = await publish(shuffleWithRepeats(history, 2), history);
    expect(await publish(history, history)).toEqual(published);
  },
);

test("a Redis that falls back to an older copy, as in a failover, is detected and restored from Kafka", async () => {
  const worker = await bridge.startWorker();
  await publish(earlier);
  const copies = await copyLedger();
  const history = [...earlier, ...later];
  const published = await publish(later, history);
  for (const { key, fields } of copies) await bridge.redis.multi().del(key).hset(key, fields).exec();
  expect(await publish(shuffleWithRepeats(history, 3), history)).toEqual(published);
  expect(await worker.metric("bridge_ledger_losses_total")).toBeGreaterThan(0);
});

test("a killed Redis loses no accepted message when it restarts", async () => {
  await bridge.startWorker();
  const published = await publish(earlier);
  const history = [...earlier, ...later];
  await sendAll(api.url, messagesOf(later.slice(0, 5)));
  await server.kill();
  await redis.start();
  await api.waitUntilReady();
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers([...earlier, ...later.slice(0, 5)]));
  expect((await publish(history, history)).length).toBeGreaterThan(published.length);
});

test("the loss of any part of a ledger is noticed, and repeats publish nothing", async () => {
  const worker = await bridge.startWorker();
  const published = await publish(earlier);
  const user = (await fieldsOf(0)).find((field) => !field.startsWith(" ")) ?? "";
  const hash = ledgerOf(0);
  const losses = new Map<string, () => Promise<unknown>>([
    ["the whole ledger", () => bridge.redis.del(hash)],
    ["one user", () => bridge.redis.hdel(hash, user)],
    ["one user's entry is unreadable", () => bridge.redis.hset(hash, user, "5|unreadable")],
    ...proofFields.map((field) => [field, () => bridge.redis.hdel(hash, field)] as const),
  ]);
  for (const [part, lose] of losses) {
    const before = await worker.metric("bridge_ledger_losses_total");
    await lose();
    // Under ids of their own, because a repeated id is rejected by the queue and never reaches the ledger.
    const after = await publish(shuffleWithRepeats(earlier, 1).map(underNewId), earlier);
    expect({ part, events: after }).toEqual({ part, events: published });
    const noticed = async () => (await worker.metric("bridge_ledger_losses_total")) > before;
    await waitFor(`the loss of ${part} is counted`, noticed, { deadlineMs: 20_000 });
  }
  expect(await publish(later, [...earlier, ...later])).not.toEqual(published);
});

test("a ledger that lost a field while no worker ran is rebuilt by the next owner", async () => {
  const first = await bridge.startWorker();
  const published = await publish(earlier);
  expect(await first.stop()).toBe("exit code 0");
  const user = (await fieldsOf(0)).find((field) => !field.startsWith(" ")) ?? "";
  for (const [index, field] of [user, " offset"].entries()) {
    await bridge.redis.hdel(ledgerOf(0), field);
    const next = await bridge.startWorker();
    await next.waitUntilLogged("shard.owned", 2);
    expect(await next.waitUntilLogged("ledger.incomplete")).toMatchObject([{ shard: 0 }]);
    expect(await next.metric("bridge_ledger_losses_total")).toBe(1);
    expect(await publish(shuffleWithRepeats(earlier, index), earlier)).toEqual(published);
    expect(await next.stop()).toBe("exit code 0");
  }
});

test("a ledger of another cluster, or with a barrier that Kafka does not have, is rebuilt", async () => {
  const first = await bridge.startWorker();
  const published = await publish(earlier);
  expect(await first.stop()).toBe("exit code 0");
  await bridge.redis.hset(ledgerOf(0), " cluster", "of another environment");
  await bridge.redis.hset(ledgerOf(1), " barrierId", "of another log");
  const forged = JSON.stringify({ status: "deleted", sequence: 9 });
  for (const shard of [0, 1]) {
    await bridge.redis.hset(ledgerOf(shard), "user_forged", `999999|${forged}`);
    await bridge.redis.hincrby(ledgerOf(shard), " users", 1);
  }

  const second = await bridge.startWorker();
  await second.waitUntilLogged("shard.owned", 2);
  expect(await second.waitUntilLogged("ledger.foreign", 2)).toHaveLength(2);
  expect(await publish(earlier)).toEqual(published);
});

test("after the topics are deleted, the ledger is rebuilt and repeated messages are published once more", async () => {
  const first = await bridge.startWorker();
  // One at a time, because the order of arrival decides which versions of a user get events of their own.
  const published = await publish(earlier, earlier, 1);
  await first.stop();
  const admin = createKafka(bridge.kafkaBrokers).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [bridge.eventsTopic, bridge.stateTopic] });
  await admin.disconnect();

  const second = await bridge.startWorker();
  await second.waitUntilLogged("shard.owned", 2);
  expect(await second.waitUntilLogged("ledger.diverged", 2)).toHaveLength(2);
  expect(await bridge.readLedger()).toEqual(new Map());
  await bridge.redis.flushall(); // Also removes the duplicate guard that drops redelivered messages by id.
  const again = await publish(earlier, earlier, 1);
  const valuesOf = (events: typeof published) => events.map(({ value }) => String(value)).toSorted();
  expect(valuesOf(again)).toEqual(valuesOf(published));
});

/** Sends messages, waits until they are processed and checks the whole guarantee. Resolves with all events so far. */
async function publish(sent: readonly UserMessage[], history: readonly UserMessage[] = sent, concurrency?: number) {
  await sendAll(api.url, messagesOf(sent), concurrency);
  await bridge.waitUntilIdle();
  const events = await expectExactlyOnce(bridge, expectedUsers(history));
  return events.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

const underNewId = (sent: UserMessage): UserMessage => ({
  ...sent,
  message: { ...sent.message, id: newMessageId() },
});

const ledgerOf = (shard: number) => ledgerKey(shardPrefix(bridge.redisPrefix, shard));
const fieldsOf = (shard: number) => bridge.redis.hkeys(ledgerOf(shard));

function copyLedger(): Promise<{ key: string; fields: Record<string, string> }[]> {
  return Promise.all([0, 1].map(ledgerOf).map(async (key) => ({ key, fields: await bridge.redis.hgetall(key) })));
}
