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

// The tests' users are an hour old: with this, every first sight of one may be a ghost.
const everybodyIsOld = { STALE_USER_CHECK_AFTER_MS: "60000" };

const resources = new AsyncDisposableStack();
let emulator: ClerkEmulator;
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;

beforeAll(async () => {
  emulator = await startClerkEmulator({ now: () => versionOf(5) });
  resources.defer(() => emulator.stop());
  const clerk = { CLERK_API_URL: emulator.url, CLERK_SECRET_KEY: emulator.secretKey };
  bridge = resources.use(await openBridge({ shards: 1, variables: { ...everybodyIsOld, ...clerk } }));
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

test("An old message about a user whom Clerk no longer has, and nobody published, is no event", async () => {
  const ghost = userMessage("user.created", makeUser(), 1);
  expect((await send(api.url, ghost.message)).status).toBe(204);
  await bridge.waitUntilIdle();
  await waitFor(
    "it is counted",
    async () => (await worker.metric("bridge_messages_decided_total", { outcome: "stale_user" })) === 1,
  );
  expect(await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).toEqual([]);
  expect(await bridge.readLedger()).toEqual(new Map());
});

test("An old message about a user whom Clerk still has publishes what Clerk says now, not what the message said", async () => {
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

test("A deletion needs no check: it is final, and published with no address when nobody knew the user", async () => {
  const before = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  const deletion = deletionMessage(makeUser().id);
  const ghost = userMessage("user.created", makeUser({ id: deletion.userId }), 1);
  await sendAll(api.url, [deletion.message, ghost.message], 1);
  await bridge.waitUntilIdle();
  const events = (await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).slice(before.length);
  expect(events.map(({ value }) => JSON.parse(String(value)))).toMatchObject([
    { eventType: "user.deleted", data: { id: deletion.userId, emailAddress: [] } },
  ]);
});

test("While Clerk does not answer, an old message is put off and kept, and holds up nobody", async () => {
  // The address in its environment is one where nobody answers.
  await using cutOff = await openBridge({ shards: 1, variables: everybodyIsOld });
  const [receiver, doubting] = await Promise.all([cutOff.startApi(), cutOff.startWorker()]);
  const old = userMessage("user.created", makeUser(), 1);
  const deletion = deletionMessage(makeUser().id);
  await sendAll(receiver.url, [old.message, deletion.message], 1);
  await waitFor(
    "it is put off",
    async () => (await doubting.metric("bridge_messages_decided_total", { outcome: "deferred" })) === 1,
  );
  await waitFor("only it is left", async () => (await cutOff.countJobs()) === 1);
  expect(await cutOff.redis.zcard(`{${cutOff.redisPrefix}:0}:changes:delayed`)).toBe(1);
  await expectExactlyOnce(cutOff, expectedUsers([deletion]));
});
