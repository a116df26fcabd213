import { afterAll, beforeAll, expect, test } from "vitest";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { type PrivateServer, reserveRedis } from "../../support/private-servers.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

// Clerk does not guarantee that webhooks arrive. Reconciliation finds the changes that they did not report.
const resources = new AsyncDisposableStack();
let clerk: ClerkWithoutWebhooks;
let worker: BridgeProcess;

beforeAll(async () => {
  const redis: PrivateServer<unknown> = resources.use(await reserveRedis());
  await redis.start();
  clerk = resources.use(await openClerkWithoutWebhooks({ redisUrl: `redis://127.0.0.1:${redis.port}` }));
  worker = await clerk.bridge.startWorker({ RECONCILE_EVERY_MS: "500" });
});
afterAll(() => resources.disposeAsync());

test("the next run publishes creations and updates once when all webhooks are lost", async () => {
  const { createUsers, emulator } = clerk;
  const users = createUsers(30);
  await waitFor("the new users are found", async () => (await foundBy("created")) >= 30, { deadlineMs: 20_000 });
  await clerk.expectAllPublished();
  for (const id of users.slice(0, 10)) emulator.dashboard.updateUser(id, { first_name: "Grace" });
  emulator.dashboard.signIn(users[20] ?? "");
  await waitFor("the changes are found", async () => (await foundBy("updated")) >= 10, { deadlineMs: 20_000 });
  await waitFor("the sign-in is found", async () => (await foundBy("touched")) >= 1);

  const events = await clerk.expectAllPublished();
  const ofType = (type: string) => events.filter(({ headers }) => headers["ce_type"] === type).length;
  expect([ofType("user.created"), ofType("user.updated"), events.length]).toEqual([30, 10, 40]);
  expect(new Set(events.map(({ headers }) => headers["ce_origin"]))).toEqual(new Set(["reconciliation"]));
});

test("runs find and queue nothing once everything is published", async () => {
  const before = (await worker.logged("reconciliation.done")).length;
  const decided = await worker.metric("bridge_messages_decided_total");
  const lines = await worker.waitUntilLogged("reconciliation.done", before + 3);
  expect(lines.at(-1)).toMatchObject({
    kind: "recent",
    reason: "schedule",
    created: 0,
    updated: 0,
    touched: 0,
    lagMs: 0,
  });
  expect(await worker.metric("bridge_messages_decided_total")).toBe(decided);
  expect(await worker.metric("bridge_reconciliation_lag_seconds")).toBe(0);
  expect(await worker.metric("bridge_reconciliation_last_run_timestamp_seconds", { kind: "recent" })).toBeGreaterThan(
    Date.now() / 1_000 - 60,
  );
});

test("after Redis loses all data, including queued messages, an automatic sweep publishes the lost changes", async () => {
  const { bridge, createUsers, emulator } = clerk;
  const api = await bridge.startApi();
  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: emulator.webhookSecret });
  const users = createUsers(10);
  await emulator.webhooks.settled();
  await clerk.expectAllPublished();

  worker.freeze();
  for (const id of users.slice(0, 5)) emulator.dashboard.updateUser(id, { last_name: "Hopper" });
  const deleted = users[6] ?? "";
  emulator.dashboard.deleteUser(deleted);
  createUsers(3);
  await emulator.webhooks.settled(); // Accepted, so Svix does not send them again.
  expect(await bridge.countJobs()).toBeGreaterThan(0);
  await bridge.redis.flushall();
  worker.thaw();

  await waitFor(
    "a sweep has run because of the loss",
    async () => (await worker.logged("reconciliation.done")).some(({ reason }) => reason === "ledger_loss"),
    { deadlineMs: 40_000 },
  );
  await clerk.expectAllPublished([deleted]);
  // The schedule was lost with the other data, so it must have been created again.
  await worker.waitUntilLogged("reconciliation.done", (await worker.logged("reconciliation.done")).length + 2, 3_000);
});

const foundBy = (kind: string) => worker.metric("bridge_reconciliation_found_total", { kind });
