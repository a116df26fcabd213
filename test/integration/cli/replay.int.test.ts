import { randomUUID } from "node:crypto";
import type { Admin } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { awaitLeaders } from "../../../src/kafka/topics/partitions.ts";
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
  events = (await runReplay("beginning")).records;
});
afterAll(() => resources.disposeAsync());

test("`replay` copies every event with key, value and headers in each user's order, and does not write to the events topic", async () => {
  const before = await admin.fetchTopicOffsets(bridge.eventsTopic);
  const { records, output } = await runReplay("beginning");
  expect(await admin.fetchTopicOffsets(bridge.eventsTopic)).toEqual(before);
  expect(output).toContain(`${records.length} events copied`);
  expect(new Set(records.map(({ key }) => key))).toEqual(userIdsOf([...earlier, ...later]));
  // Read last: the reader writes an end marker to the topic.
  const originals = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  expect(byUser(records)).toEqual(byUser(originals));
});

test("`replay --from` copies the events since a time, or from an offset on in each partition", async () => {
  const since = await runReplay(between);
  expect(new Set(since.records.map(({ key }) => key))).toEqual(userIdsOf(later));
  expect(byUser(since.records)).toEqual(byUser(events.filter(({ key }) => userIdsOf(later).has(key))));

  const from = 5n;
  const fromOffset = await runReplay(String(from));
  const originals = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  expect(byUser(fromOffset.records)).toEqual(byUser(originals.filter(({ offset }) => offset >= from)));
  expect(fromOffset.records.length).toBeLessThan(originals.length);
});

test("`replay --user` copies one user's events, to the partition of their key in a topic with any number of partitions", async () => {
  const [userId = ""] = userIdsOf(earlier);
  const topic = `${bridge.eventsTopic}.${randomUUID()}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: 7 }], waitForLeaders: false });
  await awaitLeaders(admin, topic);
  const { records } = await runReplay("beginning", { topic, more: ["--user", userId] });
  expect(byUser(records)).toEqual(byUser(events.filter(({ key }) => key === userId)));
  expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([createShardOf(7)(userId)]));
});

test("`replay` rejects the bridge's own topics, and a `--from` that is neither a time nor an offset", async () => {
  const rejected = [bridge.eventsTopic, bridge.stateTopic, bridge.auditTopic].map(async (topic) => {
    const { output, reason } = await bridge.runCommand("replay", "--from", "beginning", "--to-topic", topic);
    expect(reason).toBe("exit code 1");
    expect(output).toBe(`${topic} is one of the bridge's own topics.\n`);
  });
  await Promise.all(rejected);
  const { output, reason } = await bridge.runCommand("replay", "--from", "yesterday", "--to-topic", "elsewhere");
  expect(reason).toBe("exit code 1");
  expect(output).toMatch(/^--from yesterday: neither/);
});

async function publish(api: BridgeProcess, history: Parameters<typeof messagesOf>[0]): Promise<void> {
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
}

/** Runs a replay to a topic, by default to a new one, and reads that topic. */
async function runReplay(
  from: string,
  { topic = `${bridge.eventsTopic}.${randomUUID()}`, more = [] }: { topic?: string; more?: readonly string[] } = {},
) {
  const { output, reason } = await bridge.runCommand("replay", "--from", from, "--to-topic", topic, ...more);
  expect(reason).toBe("exit code 0");
  return { output, records: await readTopic(bridge.kafkaBrokers, topic) };
}

const userIdsOf = (history: readonly { readonly userId: string }[]) => new Set(history.map(({ userId }) => userId));

/** Each user's records in order, without their offsets. */
function byUser(records: readonly TopicRecord[]) {
  const users = Map.groupBy(records, ({ key }) => key);
  return new Map([...users].map(([key, own]) => [key, own.map(({ value, headers }) => ({ value, headers }))]));
}
