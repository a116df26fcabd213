import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { ledgerKey } from "../../../src/redis/keys.ts";
import { shardPrefix } from "../../../src/redis/keys.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import {
  expectedUsers,
  makeUser,
  messagesOf,
  newUserId,
  deletionMessage,
  userMessage,
  type UserMessage,
} from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const resources = new AsyncDisposableStack();
const sent: UserMessage[] = makeHistory({ users: 20, seed: 41 });
const users = [...expectedUsers(sent)].flatMap(([userId, user]) => (user === undefined ? [] : [userId]));
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;

beforeAll(async () => {
  bridge = resources.use(await openBridge());
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await sendAll(api.url, messagesOf(sent));
  await bridge.waitUntilIdle();
});
afterAll(() => resources.disposeAsync());

test("`rebuild` repairs a ledger with wrong, missing and invented users while the workers run", async () => {
  await corruptLedger();
  const { output, reason } = await bridge.runCommand("rebuild", "--yes");
  expect(reason).toBe("exit code 0");
  expect(output.trim().split("\n")).toHaveLength(bridge.shards);
  await waitUntilRebuilt();
  await sendAll(api.url, messagesOf(sent));
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(sent));
});

test("`rebuild` takes effect when a worker starts if none is running", async () => {
  await worker.stop();
  await corruptLedger();
  expect((await bridge.runCommand("rebuild", "--yes")).reason).toBe("exit code 0");
  worker = await bridge.startWorker();
  await waitUntilRebuilt();
  await expectExactlyOnce(bridge, expectedUsers(sent));
});

test("`rebuild --shard` rebuilds one shard, and rejects an unknown shard", async () => {
  expect((await bridge.runCommand("rebuild", "--yes", "--shard", "1")).output).toBe("shard 1: its owner rebuilds it\n");
  const rejected = ["2", "one", "0.5"].map(async (shard) => {
    const output = `There is no shard ${shard}.\n`;
    expect(await bridge.runCommand("rebuild", "--shard", "0", shard)).toEqual({ output, reason: "exit code 1" });
  });
  await Promise.all(rejected);
});

test("`tail` prints an event when it is committed, and exits with 0 on SIGTERM and SIGINT", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const tail = bridge.startCommand("tail");
    // `tail` does not say when it begins to follow the topic, and prints only later events: events are sent until one is printed.
    const shown = await waitFor(
      "an event is printed",
      async () => {
        const created = userMessage("user.created", makeUser(), 1);
        sent.push(created);
        await sendAll(api.url, [created.message]);
        await bridge.waitUntilIdle();
        const output = await tail.output();
        return sent.find(({ userId }) => output.includes(userId)) && output;
      },
      { deadlineMs: 30_000, intervalMs: 200 },
    );
    expect(shown).toMatch(/^\d\d:\d\d:\d\d\.\d{3}  user\.created  user_\w+  \{"firstName":"Ada",/m);
    tail.signal(signal);
    expect(await tail.exited).toBe("exit code 0");
  }
});

test("`tail --decisions` shows why a message gives no event, and the worker's log has a line for it", async () => {
  const tail = bridge.startCommand("tail", "--decisions");
  const [first] = sent;
  if (first === undefined) throw new Error("nothing was sent");
  let repeats = 0;
  // Workers begin up to a second after `tail`: the message is repeated until it is shown.
  const shown = await waitFor(
    "a decision is printed",
    async () => {
      await sendAll(api.url, [{ ...first.message, id: `msg_again_${repeats++}` }]);
      await bridge.waitUntilIdle();
      const output = await tail.output();
      return output.includes("msg_again_") && output;
    },
    { deadlineMs: 30_000, intervalMs: 200 },
  );
  expect(shown).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3}  (stale|duplicate) +user\.created  user_\w+  .*published already  msg_again_\d+$/m,
  );
  expect(shown).toContain(first.userId);
  tail.signal("SIGTERM");
  expect(await tail.exited).toBe("exit code 0");
  const discarded = await waitFor("the worker logs the discarded message", async () =>
    (await worker.logged("message.discarded")).find(({ id }) => id === "msg_again_0"),
  );
  expect(discarded).toMatchObject({ userId: first.userId, type: "user.created" });
});

test("`tail --beginning --json` prints all events with their headers, and continues after a record that is not an event", async () => {
  await sendForeignRecord();
  const deletion = deletionMessage(users[0] ?? "");
  await sendAll(api.url, [deletion.message]);
  sent.push(deletion);
  const tail = bridge.startCommand("tail", "--json", "--beginning");
  const lines = await waitFor(
    "all events are printed",
    async () => {
      const shown = (await tail.output()).split("\n").filter((line) => line.startsWith("{"));
      const events = shown.map((line) => eventSchema.parse(JSON.parse(line)));
      return (
        events.some(({ eventType, data }) => eventType === "user.deleted" && data.id === deletion.userId) && events
      );
    },
    { deadlineMs: 20_000, intervalMs: 50 },
  );
  expect(new Set(lines.map(({ headers }) => headers["ce_subject"]))).toEqual(new Set(lines.map(({ data }) => data.id)));
  expect(await tail.output()).toContain("not an event");
  tail.signal("SIGTERM");
  expect(await tail.exited).toBe("exit code 0");
});

const eventSchema = z.looseObject({
  eventType: z.string(),
  data: z.looseObject({ id: z.string() }),
  headers: z.record(z.string(), z.string()),
});

/** Alters one user's state, deletes one and invents one; the checkpoint still says that the ledger is complete. */
async function corruptLedger(): Promise<void> {
  const [altered = "", deleted = ""] = users;
  const entry = await bridge.redis.hget(ledgerOf(altered), altered);
  await bridge.redis.hset(ledgerOf(altered), altered, String(entry).replace('"Lovelace"', '"Hopper"'));
  await bridge.redis.hdel(ledgerOf(deleted), deleted);
  const invented = newUserId();
  await bridge.redis.hset(ledgerOf(invented), invented, String(entry).replaceAll(altered, invented));
  expect(await bridge.readLedger()).not.toEqual(expectedUsers(sent));
}

const ledgerOf = (userId: string) => ledgerKey(shardPrefix(bridge.redisPrefix, createShardOf(bridge.shards)(userId)));

const waitUntilRebuilt = () =>
  waitFor(
    "the ledger is rebuilt",
    async () => {
      expect(await bridge.readLedger()).toEqual(expectedUsers(sent));
      return true;
    },
    { deadlineMs: 20_000, intervalMs: 50 },
  );

async function sendForeignRecord(): Promise<void> {
  const producer = createKafka(bridge.kafkaBrokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: bridge.eventsTopic, messages: [{ key: "unknown", value: "no JSON", partition: 0 }] });
  await producer.disconnect();
}
