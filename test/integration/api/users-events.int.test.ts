import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { type CallOptions, callApi } from "../../support/api/call-api.ts";
import { newUserBody } from "../../support/api/open-api.ts";
import { followTopic, type TopicFollower } from "../../support/kafka/read-topic.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";
import { pendingChangesKey, shardPrefixes } from "../../../src/redis/keys.ts";
import { createCoverage } from "../../../src/reconciliation/coverage.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

// The API and a worker run as processes over real Redis and Kafka. Each API call publishes one event; the later webhook
// about the same change publishes none.
const resources = new AsyncDisposableStack();
let emulator: ClerkEmulator;
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;
let consumer: TopicFollower;

beforeAll(async () => {
  emulator = resources.adopt(await startClerkEmulator(), (it) => it.stop());
  bridge = resources.use(
    await openBridge({
      variables: {
        CLERK_API_URL: emulator.url,
        CLERK_SECRET_KEY: emulator.secretKey,
        CLERK_WEBHOOK_SECRET: emulator.webhookSecret,
        CLERK_RATE_LIMIT: "1000",
        JWT_SECRET: serviceSecret,
      },
    }),
  );
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: emulator.webhookSecret });
  consumer = resources.use(await followTopic(bridge.kafkaBrokers, bridge.eventsTopic));
});
afterAll(() => resources.disposeAsync());
beforeEach(() => emulator.webhooks.pause());

const call = async (line: string, body?: unknown, options: CallOptions = {}) =>
  callApi(api.url, line, {
    token: await signServiceToken(),
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...options,
  });
const eventsOf = (userId: string) =>
  consumer.records
    .filter(({ key }) => key === userId)
    .map(({ value, headers }) => {
      const { eventType, data }: { eventType: string; data: unknown } = JSON.parse(String(value));
      return { eventType, data, origin: headers["ce_origin"], sequence: headers["ce_sequence"] };
    });
const waitForEvents = (userId: string, count: number) =>
  waitFor(`${count} events of ${userId}`, () => eventsOf(userId).length >= count, { deadlineMs: 20_000 });

/** Delivers Clerk's webhooks, waits until all are processed, and checks that they added no event. */
async function expectWebhooksChangeNothing(userId: string, count: number): Promise<void> {
  emulator.webhooks.resume();
  await emulator.webhooks.settled();
  await bridge.waitUntilIdle();
  await consumer.readToEnd();
  expect(eventsOf(userId)).toHaveLength(count);
}

test("each API call publishes one event with origin api, and its later webhook publishes none", async () => {
  const body = newUserBody();
  const created = await call("POST /api/users", body);
  const id = String(created.body["id"]);
  await waitForEvents(id, 1);
  await call(`PUT /api/users/${id}`, { lastName: "Murray" });
  await waitForEvents(id, 2);
  await call(`PUT /api/users/${id}/role`, { role: "admin" });
  await waitForEvents(id, 3);
  const address = `new-${body.username}@example.com`;
  await call(`PUT /api/users/${id}`, { firstName: "Amazing", emailAddress: [address] });
  await waitForEvents(id, 4);
  expect(await call(`DELETE /api/users/${id}`)).toMatchObject({ status: 204 });
  await waitForEvents(id, 5);
  const { password: _, ...published } = body;
  expect(eventsOf(id)).toEqual([
    { eventType: "user.created", origin: "api", sequence: "1", data: { id, ...published, role: "user" } },
    { eventType: "user.updated", origin: "api", sequence: "2", data: { id, changes: { lastName: "Murray" } } },
    { eventType: "user.updated", origin: "api", sequence: "3", data: { id, changes: { role: "admin" } } },
    {
      eventType: "user.updated",
      origin: "api",
      sequence: "4",
      data: { id, changes: { firstName: "Amazing", emailAddress: [address] } },
    },
    { eventType: "user.deleted", origin: "api", sequence: "5", data: { id, emailAddress: [address] } },
  ]);
  await expectWebhooksChangeNothing(id, 5);
  expect(await worker.metric("bridge_events_committed_total")).toBeGreaterThanOrEqual(5);
});

test("a batch publishes one event per operation", async () => {
  const bodies = [newUserBody(), newUserBody(), newUserBody()];
  const { body } = await call("POST /api/users/batch", {
    operations: bodies.map((user) => ({ type: "create", user })),
  });
  expect(body).toMatchObject({ succeeded: 3 });
  const ids = emulator.dashboard
    .users()
    .filter(({ username }) => bodies.some((user) => user.username === username))
    .map(({ id }) => id);
  expect(ids).toHaveLength(3);
  for (const id of ids) await waitForEvents(id, 1);
  for (const id of ids) expect(eventsOf(id)).toMatchObject([{ eventType: "user.created", origin: "api" }]);
  for (const id of ids) await expectWebhooksChangeNothing(id, 1);
});

test("a call that changes nothing publishes no event", async () => {
  const { body } = await call("POST /api/users", newUserBody());
  const id = String(body["id"]);
  await waitForEvents(id, 1);
  expect(await call(`PUT /api/users/${id}`, { firstName: "Grace" })).toMatchObject({ status: 200 });
  expect(await call(`PUT /api/users/${id}`, { password: "nanoseconds-of-fibre" })).toMatchObject({ status: 200 });
  await expectWebhooksChangeNothing(id, 1);
});

test("an update that fails halfway publishes the completed part", async () => {
  const taken = newUserBody();
  await call("POST /api/users", taken);
  const { body } = await call("POST /api/users", newUserBody());
  const id = String(body["id"]);
  await waitForEvents(id, 1);
  const stopped = await call(`PUT /api/users/${id}`, { firstName: "Amazing", emailAddress: taken.emailAddress });
  expect(stopped).toMatchObject({ status: 409, body: { code: "update_incomplete" } });
  await waitForEvents(id, 2);
  expect(eventsOf(id)[1]).toMatchObject({ origin: "api", data: { changes: { firstName: "Amazing" } } });
  await expectWebhooksChangeNothing(id, 2);
});

test("a list by role shows a change made in Clerk's dashboard when its event is committed, and an API change throughout", async () => {
  await createCoverage(bridge.redis, bridge.redisPrefix).markFull(Date.now());
  emulator.webhooks.resume();
  const { id } = emulator.dashboard.createUser({ email_address: ["by-role@example.com"] });
  await waitForEvents(id, 1);
  const isListed = async (role: string) =>
    JSON.stringify((await call(`GET /api/users?role=${role}`)).body).includes(id);
  await waitFor("the new user is listed", () => isListed("user"));
  emulator.dashboard.updateMetadata(id, { public_metadata: { role: "admin" } });
  await waitForEvents(id, 2);
  await waitFor("the user is listed with the new role", () => isListed("admin"));
  expect(await isListed("user")).toBe(false);
  await call(`PUT /api/users/${id}/role`, { role: "user" });
  expect([await isListed("user"), await isListed("admin")]).toEqual([true, false]);
  await waitForEvents(id, 3);
  await bridge.waitUntilIdle();
  expect([await isListed("user"), await isListed("admin")]).toEqual([true, false]);
  const pending = await Promise.all(
    shardPrefixes(bridge.redisPrefix, bridge.shards).map((prefix) => bridge.redis.exists(pendingChangesKey(prefix))),
  );
  expect(pending.filter((exists) => exists === 1)).toEqual([]);
});
