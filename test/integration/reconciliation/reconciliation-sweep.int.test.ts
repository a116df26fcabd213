import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

// Deletions leave no trace in Clerk. Only a full list shows which users are missing, and only a 404 from Clerk confirms it.
const resources = new AsyncDisposableStack();
let clerk: ClerkWithoutWebhooks;
let worker: BridgeProcess;
const deleted: string[] = [];

beforeAll(async () => {
  clerk = resources.use(await openClerkWithoutWebhooks());
  worker = await clerk.bridge.startWorker();
});
afterEach(() => clerk.proxy.failWhen(() => undefined));
afterAll(() => resources.disposeAsync());

test("a deletion without a webhook is found by a full sweep but not by a recent run", async () => {
  const users = clerk.createUsers(12);
  await clerk.reconcile();
  await clerk.expectAllPublished();
  const gone = deleteOne(users);
  await clerk.reconcile();
  await clerk.bridge.waitUntilIdle();
  expect((await clerk.bridge.readLedger()).get(gone)).toBeDefined();
  await clerk.reconcile({ kind: "full" });
  const events = await clerk.expectAllPublished(deleted);
  expect(events.findLast(({ key }) => key === gone)?.headers).toMatchObject({
    ce_type: "user.deleted",
    ce_origin: "reconciliation",
  });
});

test("a full sweep confirms each deletion with Clerk, so a user missing only from the list is not deleted", async () => {
  const users = clerk.createUsers(5);
  await clerk.reconcile({ kind: "full" });
  await clerk.expectAllPublished(deleted);
  const hidden = users[1] ?? "";
  const gone = deleteOne(users);
  const list = JSON.stringify(clerk.emulator.dashboard.users().filter(({ id }) => id !== hidden));
  clerk.proxy.failWhen(({ path }) =>
    path.startsWith("/users?") ? { kind: "answer", status: 200, body: list } : undefined,
  );
  const { requests } = await clerk.proxy.during(() => clerk.reconcile({ kind: "full" }));
  const asked = requests.filter((request) => request.includes("/user_"));
  expect(new Set(asked)).toEqual(new Set([`GET /users/${gone}`, `GET /users/${hidden}`]));
  expect(
    asked.filter((request) => request.endsWith(gone)),
    "a deletion needs two answers",
  ).toHaveLength(2);
  await clerk.expectAllPublished(deleted);
});

test("while Clerk cannot confirm a deletion, it is not published, the run is retried and the worker stays ready", async () => {
  const users = clerk.createUsers(3);
  await clerk.reconcile({ kind: "full" });
  await clerk.expectAllPublished(deleted);
  const gone = deleteOne(users);
  clerk.proxy.failWhen(({ path }) => (path.startsWith("/users/user_") ? { kind: "answer", status: 500 } : undefined));
  const reconciled = clerk.reconcile({ kind: "full" });
  await worker.waitUntilLogged("reconciliation.failed");
  expect(await worker.metric("bridge_reconciliation_failures_total", { reason: "clerk_unavailable" })).toBe(1);
  expect((await worker.readiness()).status).toBe(200);
  expect((await clerk.bridge.readLedger()).get(gone)).toBeDefined();
  clerk.proxy.failWhen(() => undefined);
  await reconciled;
  await clerk.expectAllPublished(deleted);
});

test("deletions are withheld when many users are missing, until an operator allows them", async () => {
  const users = clerk.createUsers(12);
  await clerk.reconcile();
  await clerk.expectAllPublished(deleted);
  const gone = Array.from({ length: 11 }, () => deleteOne(users));
  const swept = await clerk.bridge.runCommand("reconcile", "--full");
  expect(swept.output).toContain("11 users are missing in Clerk");
  expect(await worker.waitUntilLogged("reconciliation.deletions_withheld")).toHaveLength(1);
  expect(await worker.metric("bridge_reconciliation_deletions_withheld")).toBe(11);
  const ledger = await clerk.bridge.readLedger();
  expect(gone.every((id) => ledger.get(id) !== undefined)).toBe(true);

  await clerk.reconcile({ kind: "full", allDeletions: true });
  await clerk.expectAllPublished(deleted);
  expect(await worker.metric("bridge_reconciliation_deletions_withheld")).toBe(0);
});

test("two workers make one run at a time, and one takes over the run of the other when it dies", async () => {
  const other = await clerk.bridge.startWorker();
  const workers = [worker, other];
  const before = await runsOf(workers);
  await Promise.all(Array.from({ length: 12 }, () => clerk.reconcile()));
  const runs = (await runsOf(workers)).slice(before.length);
  expect(runs).toHaveLength(12);
  expect(runs.filter(({ startedAt }, at) => startedAt < (runs[at - 1]?.endedAt ?? 0))).toEqual([]);

  let held = 0;
  clerk.proxy.failWhen(({ path }) => {
    if (!path.startsWith("/users?")) return undefined;
    held += 1;
    return { kind: "hang" };
  });
  void Promise.allSettled([clerk.reconcile(), clerk.reconcile(), clerk.reconcile({ kind: "full" })]);
  await waitFor("a worker asks Clerk", () => held === 1);
  const inFlight = await Promise.all(workers.map((each) => each.metric("bridge_clerk_requests_in_flight")));
  expect(Math.min(...inFlight), "one worker runs, the other does not").toBe(0);
  expect(Math.max(...inFlight)).toBe(1);
  await workers[inFlight.indexOf(1)]?.kill();
  await waitFor("the other worker asks Clerk", () => held === 2, { deadlineMs: 15_000 });
  clerk.proxy.failWhen(() => undefined);
});

/** The start and end times of these workers' runs, by start time. */
async function runsOf(workers: readonly BridgeProcess[]) {
  const lines = await Promise.all(workers.map((each) => each.logged("reconciliation.done")));
  return lines
    .flat()
    .map((line) => runSchema.parse(line))
    .map(({ startedAt, durationMs }) => ({ startedAt, endedAt: startedAt + durationMs }))
    .toSorted((a, b) => a.startedAt - b.startedAt);
}
const runSchema = z.object({ startedAt: z.number(), durationMs: z.number() });

function deleteOne(users: string[]): string {
  const id = users.pop() ?? "";
  clerk.emulator.dashboard.deleteUser(id);
  deleted.push(id);
  return id;
}
