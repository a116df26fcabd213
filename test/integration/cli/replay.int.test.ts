import { randomUUID } from "node:crypto";
import type { Admin } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { awaitLeaders } from "../../../src/kafka/topics/await-leaders.ts";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { messagesOf } from "../../support/clerk/clerk-messages.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { createKafka, readTopic, type TopicRecord } from "../../support/kafka/read-topic.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

const resources = new AsyncDisposableStack();
const [earlier, later] = [makeHistory({ users: 20, seed: 31 }), makeHistory({ users: 10, seed: 32 })];
let bridge: Bridge;
let admin: Admin;
let between: string;
let events: readonly TopicRecord[];

beforeAll(async () => {
  bridge = resources.use(await openBridge());
  admin = createKafka(bridge.kafkaBrokers).admin();
  await admin.connect();
  resources.defer(() => admin.disconnect());
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await publish(api, earlier);
  between = new Date().toISOString();
  await publish(api, later);
  await worker.stop();
  events = (await replayed("beginning")).records;
});
afterAll(() => resources.disposeAsync());

test("Everything is copied with key, value and headers, in each user's order; the events topic stays as it is", async () => {
  const before = await admin.fetchTopicOffsets(bridge.eventsTopic);
  const { records, output } = await replayed("beginning");
  expect(await admin.fetchTopicOffsets(bridge.eventsTopic)).toEqual(before);
  expect(output).toContain(`${records.length} events copied`);
  expect(new Set(records.map(({ key }) => key))).toEqual(userIdsOf([...earlier, ...later]));
  // Read last: to know that it has all, the reader marks the end of what it reads.
  const originals = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  expect(byUser(records)).toEqual(byUser(originals));
});

test("--from a time copies what came since, --from an offset what stands there and behind in each partition", async () => {
  const since = await replayed(between);
  expect(new Set(since.records.map(({ key }) => key))).toEqual(userIdsOf(later));
  expect(byUser(since.records)).toEqual(byUser(events.filter(({ key }) => userIdsOf(later).has(key))));

  const from = 5n;
  const behind = await replayed(String(from));
  const originals = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  expect(byUser(behind.records)).toEqual(byUser(originals.filter(({ offset }) => offset >= from)));
  expect(behind.records.length).toBeLessThan(originals.length);
});

test("--user copies one user's events, to a topic with whatever partitions, to that of the key", async () => {
  const [userId = ""] = userIdsOf(earlier);
  const topic = `${bridge.eventsTopic}.${randomUUID()}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: 7 }], waitForLeaders: false });
  await awaitLeaders(admin, topic);
  const { records } = await replayed("beginning", { topic, more: ["--user", userId] });
  expect(byUser(records)).toEqual(byUser(events.filter(({ key }) => key === userId)));
  expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([createShardOf(7)(userId)]));
});

test("The bridge's own topics are refused, and so is what is neither a time nor an offset", async () => {
  const refused = [bridge.eventsTopic, bridge.stateTopic, bridge.auditTopic].map(async (topic) => {
    const { output, reason } = await bridge.runCommand("replay", "--from", "beginning", "--to-topic", topic);
    expect(reason).toBe("exit code 1");
    expect(output).toBe(`${topic} is the bridge's own topic.\n`);
  });
  await Promise.all(refused);
  const { output, reason } = await bridge.runCommand("replay", "--from", "yesterday", "--to-topic", "elsewhere");
  expect(reason).toBe("exit code 1");
  expect(output).toMatch(/^--from yesterday: neither/);
});

async function publish(api: BridgeProcess, history: Parameters<typeof messagesOf>[0]): Promise<void> {
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
}

/** Runs a replay to a topic, a new one unless one is named, and reads that. */
async function replayed(
  from: string,
  { topic = `${bridge.eventsTopic}.${randomUUID()}`, more = [] }: { topic?: string; more?: readonly string[] } = {},
) {
  const { output, reason } = await bridge.runCommand("replay", "--from", from, "--to-topic", topic, ...more);
  expect(reason).toBe("exit code 0");
  return { output, records: await readTopic(bridge.kafkaBrokers, topic) };
}

const userIdsOf = (history: readonly { readonly userId: string }[]) => new Set(history.map(({ userId }) => userId));

/** Each user's records in their order, without their places in the topic. */
function byUser(records: readonly TopicRecord[]) {
  const users = Map.groupBy(records, ({ key }) => key);
  return new Map([...users].map(([key, own]) => [key, own.map(({ value, headers }) => ({ value, headers }))]));
}
