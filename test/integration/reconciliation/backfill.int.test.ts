import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createProgressStore } from "../../../src/reconciliation/runs/backfill.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

// The users that Clerk has before the bridge starts: two full pages and part of a third.
const existingUsers = 1_100;
const resources = new AsyncDisposableStack();
let clerk: ClerkWithoutWebhooks;

beforeAll(async () => {
  clerk = resources.use(await openClerkWithoutWebhooks());
  clerk.createUsers(existingUsers);
});
afterEach(() => clerk.proxy.failWhen(() => undefined));
afterAll(() => resources.disposeAsync());

test("a backfill dry run counts the users and queues nothing", async () => {
  const { output, reason } = await clerk.bridge.runCommand("backfill", "--dry-run");
  expect(reason).toBe("exit code 0");
  expect(output).toContain("1100 users in Clerk, 1100 of them not known yet");
  expect(await clerk.bridge.countJobs()).toBe(0);
});

test("a killed backfill resumes where it stopped, and each user is created once despite concurrent webhooks", async () => {
  const { bridge, emulator, proxy } = clerk;
  const progress = createProgressStore(bridge.redis, bridge.redisPrefix);
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  let pages = 0;
  proxy.failWhen(({ path }) => {
    if (!path.startsWith("/users?")) return undefined;
    pages += 1;
    return pages > 2 ? { kind: "hang" } : undefined;
  });
  const killed = bridge.startCommand("backfill");
  await waitFor("two pages are queued", async () => (await progress.read())?.read === 1_000, { deadlineMs: 30_000 });

  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: emulator.webhookSecret });
  emulator.webhooks.setFaults({ duplicateProbability: 0.5, delayMs: { min: 0, max: 50 } });
  const ids = emulator.dashboard.users().map(({ id }) => id);
  for (const id of [...ids.slice(0, 20), ...ids.slice(-20)]) {
    emulator.dashboard.updateUser(id, { first_name: "Grace" });
  }
  clerk.createUsers(20);
  await killed.kill();
  expect(await progress.read()).toMatchObject({ read: 1_000, queued: 1_000 });

  proxy.failWhen(() => undefined);
  const { requests, value } = await proxy.during(() => bridge.runCommand("backfill"));
  expect(value.reason).toBe("exit code 0");
  expect(value.output).toContain("resumes after 1000 users");
  expect(requests.filter((request) => request === "GET /users")).toHaveLength(1);
  expect(await progress.read()).toBeUndefined();

  await emulator.webhooks.settled();
  const events = await clerk.expectAllPublished();
  const created = events.filter(({ headers }) => headers["ce_type"] === "user.created");
  expect(new Set(created.map(({ key }) => key)).size).toBe(existingUsers + 20);
  expect(created).toHaveLength(existingUsers + 20);
  expect(created.filter(({ headers }) => headers["ce_origin"] === "backfill").length).toBeGreaterThan(1_000);
});

test("a second backfill finds no unknown user and publishes nothing", async () => {
  const before = await clerk.expectAllPublished();
  const { output, reason } = await clerk.bridge.runCommand("backfill");
  expect(reason).toBe("exit code 0");
  expect(output).toContain("1120 users read, 0 of them queued");
  expect(await clerk.expectAllPublished()).toHaveLength(before.length);
});

test("a backfill that Clerk rejects says how to resume", async () => {
  clerk.proxy.failWhen(({ path }) => (path.startsWith("/users?") ? { kind: "answer", status: 401 } : undefined));
  const { output, reason } = await clerk.bridge.runCommand("backfill");
  expect(reason).toBe("exit code 1");
  expect(output).toContain("stopped; run the same command again to resume");
});
