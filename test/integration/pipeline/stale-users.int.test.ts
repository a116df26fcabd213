import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import {
  expectedUsers,
  makeUser,
  deletionMessage,
  userMessage,
  versionOf,
} from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import { send, sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

// The test users are an hour old. With this setting, every user that the bridge does not know may be stale.
const checkEveryUnknownUser = { STALE_USER_CHECK_AFTER_MS: "60000" };

const resources = new AsyncDisposableStack();
let emulator: ClerkEmulator;
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;

beforeAll(async () => {
  emulator = await startClerkEmulator({ now: () => versionOf(5) });
  resources.defer(() => emulator.stop());
  const clerk = { CLERK_API_URL: emulator.url, CLERK_SECRET_KEY: emulator.secretKey };
  bridge = resources.use(await openBridge({ shards: 1, variables: { ...checkEveryUnknownUser, ...clerk } }));
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

test("an old message about an unpublished user that Clerk no longer has publishes nothing", async () => {
  const late = userMessage("user.created", makeUser(), 1);
  expect((await send(api.url, late.message)).status).toBe(204);
  await bridge.waitUntilIdle();
  await waitFor(
    "the message is counted",
    async () => (await worker.metric("bridge_messages_decided_total", { outcome: "stale_user" })) === 1,
  );
  expect(await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).toEqual([]);
  expect(await bridge.readLedger()).toEqual(new Map());
});

test("an old message about a user that Clerk still has publishes Clerk's current state", async () => {
  const inClerk = emulator.dashboard.createUser({ first_name: "Grace", email_address: ["grace@example.com"] });
  const old = userMessage("user.updated", makeUser({ id: inClerk.id, firstName: "Long ago" }), 1);
  const older = userMessage("user.created", makeUser({ id: inClerk.id, firstName: "Even longer ago" }), 0);
  await sendAll(api.url, [old.message, older.message]);
  await bridge.waitUntilIdle();
  const now = makeUser({
    id: inClerk.id,
    firstName: "Grace",
    lastName: "",
    username: "",
    emailAddress: ["grace@example.com"],
  });
  const [event, ...more] = await expectExactlyOnce(bridge, new Map([[inClerk.id, now]]));
  expect(event?.headers).toMatchObject({ ce_type: "user.created", ce_sequence: "1" });
  expect(more).toEqual([]);
});

test("the deletion of an unknown user is published without a check, and a later creation is ignored", async () => {
  const before = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  const deletion = deletionMessage(makeUser().id);
  const late = userMessage("user.created", makeUser({ id: deletion.userId }), 1);
  await sendAll(api.url, [deletion.message, late.message], 1);
  await bridge.waitUntilIdle();
  const events = (await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).slice(before.length);
  expect(events.map(({ value }) => JSON.parse(String(value)))).toMatchObject([
    { eventType: "user.deleted", data: { id: deletion.userId, emailAddress: [] } },
  ]);
});

test("while Clerk is unavailable, an old message is delayed without blocking other messages", async () => {
  // This bridge's Clerk address is one where no server listens.
  await using withoutClerk = await openBridge({ shards: 1, variables: checkEveryUnknownUser });
  const [receiver, checkingWorker] = await Promise.all([withoutClerk.startApi(), withoutClerk.startWorker()]);
  const old = userMessage("user.created", makeUser(), 1);
  const deletion = deletionMessage(makeUser().id);
  await sendAll(receiver.url, [old.message, deletion.message], 1);
  await waitFor(
    "the message is delayed",
    async () => (await checkingWorker.metric("bridge_messages_decided_total", { outcome: "deferred" })) === 1,
  );
  await waitFor("only the delayed message is left", async () => (await withoutClerk.countJobs()) === 1);
  expect(await withoutClerk.redis.zcard(`{${withoutClerk.redisPrefix}:0}:changes:delayed`)).toBe(1);
  await expectExactlyOnce(withoutClerk, expectedUsers([deletion]));
});

test("a message that Clerk has not answered for too long becomes a dead letter with the reason", async () => {
  await using withoutClerk = await openBridge({
    shards: 1,
    variables: { ...checkEveryUnknownUser, STALE_USER_GIVE_UP_AFTER_MS: "1" },
  });
  const [receiver, checkingWorker] = await Promise.all([withoutClerk.startApi(), withoutClerk.startWorker()]);
  const old = userMessage("user.created", makeUser(), 1);
  await sendAll(receiver.url, [old.message]);
  await checkingWorker.waitUntilLogged("message.dead_lettered");
  await withoutClerk.waitUntilIdle();
  const { output } = await withoutClerk.runCommand("dlq", "list");
  expect(output).toMatch(new RegExp(`^${old.message.id}  \\S+  queued  Clerk gave no answer about this user: `, "m"));
});
