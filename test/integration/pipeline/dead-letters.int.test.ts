import { Queue } from "bullmq";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { shardPrefix, shardQueueName } from "../../../src/redis/keys.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import {
  clerkUserJson,
  expectedUsers,
  makeUser,
  secretOfMetadata,
  userMessage,
  versionOf,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { dumpRedis } from "../../support/redis/dump-redis.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

const resources = new AsyncDisposableStack();
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;

beforeAll(async () => {
  bridge = resources.use(await openBridge({ shards: 1, variables: { LOG_LEVEL: "trace" } }));
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

test("a message that cannot be processed becomes a dead letter with its reason, and blocks neither its shard nor its user", async () => {
  const user = makeUser();
  const json = clerkUserJson(user, versionOf(1));
  const malformed = [
    writeMessage("user.updated", { ...json, email_addresses: "none" }),
    writeMessage("user.updated", { ...json, updated_at: "yesterday" }),
    writeMessage("user.created", { ...json, first_name: { given: "Ada" } }),
  ];
  const valid = userMessage("user.created", user, 2);
  await sendAll(api.url, [...malformed, valid.message, ...malformed], 1);
  await bridge.waitUntilIdle();

  await expectExactlyOnce(bridge, expectedUsers([valid]));
  const letters = await readDeadLetters();
  expect(letters.map(({ id, reason }) => `${id} ${reason}`).toSorted()).toEqual(
    [
      `${malformed[0]?.id} email_addresses: invalid_type`,
      `${malformed[1]?.id} updated_at: invalid_type`,
      `${malformed[2]?.id} first_name: invalid_type`,
    ].toSorted(),
  );
  expect(
    letters.map(({ body }) => z.object({ data: z.looseObject({ id: z.string() }) }).parse(JSON.parse(body)).data.id),
  ).toEqual(malformed.map(() => user.id));
  expect(await worker.metric("bridge_messages_dead_lettered_total")).toBe(malformed.length);
  expect(await worker.waitUntilLogged("message.dead_lettered", malformed.length)).toHaveLength(malformed.length);
});

test("a job that the bridge did not create becomes a dead letter and does not block its shard", async () => {
  const queue = new Queue(shardQueueName, {
    connection: { url: bridge.redisUrl },
    prefix: shardPrefix(bridge.redisPrefix, 0),
  });
  const before = (await readDeadLetters()).length;
  const foreignJobs = [{ messages: [42, { id: "half" }] }, { messages: [] }, { something: "else" }];
  try {
    for (const data of foreignJobs) await queue.add(shardQueueName, data, { removeOnComplete: true });
  } finally {
    await queue.close();
  }
  const valid = userMessage("user.created", makeUser(), 1);
  await sendAll(api.url, [valid.message]);
  await bridge.waitUntilIdle();
  expect((await bridge.readLedger()).get(valid.userId)).toEqual(valid.user);
  const letters = (await readDeadLetters()).slice(before);
  expect(letters.map(({ reason }) => reason)).toEqual(Array.from({ length: 4 }, () => "not a message of the bridge"));
});

test("private metadata is neither in Redis nor in the topics nor in the logs at trace level", async () => {
  const valid = userMessage("user.created", makeUser(), 1);
  const malformed = writeMessage("user.updated", { ...clerkUserJson(makeUser(), 1), created_at: -1 });
  expect(valid.message.body).toContain(secretOfMetadata);
  await sendAll(api.url, [valid.message, malformed]);
  await bridge.waitUntilIdle();
  await worker.waitUntilLogged("message.dead_lettered", 4);
  const stored = await dumpRedis(bridge.redis, bridge.redisPrefix);
  expect(stored).toContain(malformed.id);
  const topics = await Promise.all(
    [bridge.eventsTopic, bridge.stateTopic].map((topic) => readTopic(bridge.kafkaBrokers, topic)),
  );
  for (const text of [
    stored,
    JSON.stringify(topics.flat().map(({ value, headers }) => [value, headers])),
    await api.output(),
    await worker.output(),
  ]) {
    expect(text).not.toContain(secretOfMetadata);
  }
});

const deadLetterSchema = z.object({ id: z.string(), reason: z.string(), at: z.number(), body: z.string() });

/** All dead letters, oldest first. */
async function readDeadLetters() {
  const values = await bridge.redis.hvals(`{${bridge.redisPrefix}:dead}:letters`);
  return values.map((value) => deadLetterSchema.parse(JSON.parse(value))).toSorted((a, b) => a.at - b.at);
}
