import { afterAll, beforeAll, expect, test } from "vitest";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { type PrivateServer, reserveRedis } from "../../support/private-servers.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

// Clerk says that webhooks may not come. Then the bridge finds out by itself.
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

test("With all webhooks lost, what is created and changed in Clerk is published by the next run, once", async () => {
  const { createUsers, emulator } = clerk;
  const users = createUsers(30);
  await waitFor("the new ones are found", async () => (await foundBy("created")) >= 30, { deadlineMs: 20_000 });
  await clerk.expectAllPublished();
  for (const id of users.slice(0, 10)) emulator.dashboard.updateUser(id, { first_name: "Grace" });
  emulator.dashboard.signIn(users[20] ?? "");
  await waitFor("the changes are found", async () => (await foundBy("updated")) >= 10, { deadlineMs: 20_000 });
  await waitFor("so is the sign-in", async () => (await foundBy("touched")) >= 1);

  const events = await clerk.expectAllPublished();
  const ofType = (type: string) => events.filter(({ headers }) => headers["ce_type"] === type).length;
  expect([ofType("user.created"), ofType("user.updated"), events.length]).toEqual([30, 10, 40]);
  expect(new Set(events.map(({ headers }) => headers["ce_origin"]))).toEqual(new Set(["reconciliation"]));
});

test("Once everything is published, runs find nothing, queue nothing, and say so", async () => {
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

test("A Redis that lost all its data, queued messages too, is repaired by a sweep that nobody asked for", async () => {
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
  await emulator.webhooks.settled(); // Accepted: nobody sends them again.
  expect(await bridge.countJobs()).toBeGreaterThan(0);
  await bridge.redis.flushall();
  worker.thaw();

  await waitFor(
    "a sweep was made for the loss",
    async () => (await worker.logged("reconciliation.done")).some(({ reason }) => reason === "ledger_loss"),
    { deadlineMs: 40_000 },
  );
  await clerk.expectAllPublished([deleted]);
  // The schedule was lost with the rest.
  await worker.waitUntilLogged("reconciliation.done", (await worker.logged("reconciliation.done")).length + 2, 3_000);
});

const foundBy = (kind: string) => worker.metric("bridge_reconciliation_found_total", { kind });
