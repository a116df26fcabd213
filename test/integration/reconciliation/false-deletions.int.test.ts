import { expect, onTestFinished, test } from "vitest";
import { startClerkEmulator } from "clerk-emulator";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { clerkError, type Fault } from "../../support/clerk/faulty-clerk.ts";
import { send } from "../../support/clerk/send-webhook.ts";

// A deletion is final. These are the ways in which living users seem to be deleted.

const notFound = clerkError(404, "resource_not_found");

test("a Clerk address that ends in /v1/ finds living users, and doctor asks at the same address", async () => {
  await using emulator = await startEmulator();
  await using bridge = await openBridge({
    shards: 1,
    variables: {
      CLERK_API_URL: `${emulator.url}/v1/`,
      CLERK_SECRET_KEY: emulator.secretKey,
      STALE_USER_CHECK_AFTER_MS: "60000",
    },
  });
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const { id } = emulator.dashboard.createUser({ first_name: "Grace", email_address: ["grace@example.com"] });
  expect((await send(api.url, userMessage("user.updated", makeUser({ id }), 1).message)).status).toBe(204);
  await bridge.waitUntilIdle();
  const now = makeUser({ id, firstName: "Grace", lastName: "", username: "", emailAddress: ["grace@example.com"] });
  await expectExactlyOnce(bridge, new Map([[id, now]]));
  expect((await bridge.runCommand("doctor")).output).toContain("✓ Clerk key: accepted; 1 users");
});

test("a Clerk that answers 404 for everything about a user makes no deletion", async () => {
  const { clerk, users } = await openPublished(3);
  const [hidden = ""] = users;
  const list = JSON.stringify(clerk.emulator.dashboard.users().filter(({ id }) => id !== hidden));
  clerk.proxy.failWhen(({ path }): Fault | undefined => {
    if (path === `/users/${hidden}`) return notFound;
    if (path.includes("user_id=")) return { kind: "answer", status: 404 };
    return path.startsWith("/users?") ? { kind: "answer", status: 200, body: list } : undefined;
  });
  const swept = clerk.reconcile({ kind: "full" });
  const [failure] = await clerk.worker.waitUntilLogged("reconciliation.failed");
  expect(failure).toMatchObject({ reason: "clerk_unavailable" });
  clerk.proxy.failWhen(() => undefined);
  await swept;
  await clerk.expectAllPublished();
});

test("the key of another instance stops reconciliation until an operator accepts the instance", async () => {
  const { clerk, users } = await openPublished(3);
  const { bridge } = clerk;
  await clerk.worker.stop();
  const [gone = ""] = users;
  clerk.emulator.dashboard.deleteUser(gone);
  clerk.proxy.failWhen(({ path }): Fault | undefined =>
    path === "/instance" ? { kind: "answer", status: 200, body: '{"object":"instance","id":"ins_other"}' } : undefined,
  );
  const worker = await bridge.startWorker();
  const refused = await bridge.startCommand("reconcile", "--full", "--no-wait").exited;
  expect(refused).toBe("exit code 0");
  const [failure] = await worker.waitUntilLogged("reconciliation.failed");
  expect(failure).toMatchObject({ reason: "instance_changed", err: { message: expect.stringContaining("ins_other") } });
  expect(await worker.metric("bridge_reconciliation_failures_total", { reason: "instance_changed" })).toBeGreaterThan(
    0,
  );
  expect((await bridge.readLedger()).get(gone)).toBeDefined();
  const doctor = await bridge.runCommand("doctor");
  expect(doctor).toMatchObject({ reason: "exit code 2", output: expect.stringContaining("✗ Clerk instance: ") });
  const backfill = await bridge.runCommand("backfill");
  expect(backfill).toMatchObject({ reason: "exit code 1", output: expect.stringContaining("ins_other") });

  const accepted = await bridge.runCommand("reconcile", "--full", "--accept-instance");
  expect(accepted).toMatchObject({ reason: "exit code 0", output: expect.stringContaining("accepted: ins_other") });
  await clerk.expectAllPublished([gone]);
});

test("`users restore` publishes a wrongly deleted user again, and the sequence goes on", async () => {
  const { clerk, users } = await openPublished(2);
  const { bridge, emulator, proxy } = clerk;
  const [wronged = "", other = ""] = users;
  const list = JSON.stringify(emulator.dashboard.users().filter(({ id }) => id !== wronged));
  proxy.failWhen(({ path }): Fault | undefined => {
    if (path === `/users/${wronged}`) return notFound;
    return path.startsWith("/users?") ? { kind: "answer", status: 200, body: list } : undefined;
  });
  await clerk.reconcile({ kind: "full" });
  await bridge.waitUntilIdle();
  expect((await bridge.readLedger()).get(wronged)).toBeUndefined();
  expect(await bridge.runCommand("users", "restore", wronged)).toMatchObject({
    reason: "exit code 2",
    output: expect.stringContaining(`${wronged}  does not exist in Clerk`),
  });

  proxy.failWhen(() => undefined);
  const restored = await bridge.runCommand("users", "restore", wronged, other);
  expect(restored.output).toContain(`${wronged}  queued`);
  expect(restored).toMatchObject({
    reason: "exit code 2",
    output: expect.stringContaining(`${other}  is not published as deleted`),
  });
  const events = await clerk.expectAllPublished();
  const ofUser = events.filter(({ key }) => key === wronged).map(({ headers }) => headers);
  expect(ofUser).toMatchObject([
    { ce_type: "user.created", ce_sequence: "1" },
    { ce_type: "user.deleted", ce_sequence: "2" },
    { ce_type: "user.created", ce_sequence: "3", ce_origin: "restore" },
  ]);
  emulator.dashboard.deleteUser(wronged);
  await clerk.reconcile({ kind: "full" });
  await clerk.expectAllPublished([wronged]);
});

/** A bridge whose worker has published this number of users. */
async function openPublished(count: number) {
  const clerk: ClerkWithoutWebhooks = await openClerkWithoutWebhooks();
  onTestFinished(() => clerk[Symbol.asyncDispose]());
  const worker = await clerk.bridge.startWorker();
  const users = clerk.createUsers(count);
  await clerk.reconcile({ kind: "full" });
  await clerk.expectAllPublished();
  return { clerk: Object.assign(clerk, { worker }), users };
}

async function startEmulator() {
  const emulator = await startClerkEmulator();
  return Object.assign(emulator, { [Symbol.asyncDispose]: () => emulator.stop() });
}
