import { expect, onTestFinished, test } from "vitest";
import { startRedisSentinel } from "../../support/redis/start-redis-sentinel.ts";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

test("the bridge continues exactly once when the Redis master dies and its replica takes over", async () => {
  const { clerk, sentinel, api, worker } = await openWithSentinel();
  const users = clerk.createUsers(30);
  await clerk.emulator.webhooks.settled();
  const changing = updateInTurn(users);
  await sentinel.killMaster();
  await changing;
  await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
  await clerk.emulator.webhooks.settled();
  await clerk.expectAllPublished();
  expect(await api.waitUntilLogged("redis.available")).not.toEqual([]);

  async function updateInTurn(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      clerk.emulator.dashboard.updateUser(id, { first_name: "Grace" });
      await api.readiness();
    }
  }
});

test.for(["freezeMaster", "demoteMaster"] as const)(
  "API and worker follow a failover within 12 s, when the old master lives on (%s)",
  async (failOver) => {
    const { clerk, sentinel } = await openWithSentinel();
    const { bridge, emulator } = clerk;
    clerk.createUsers(10);
    await emulator.webhooks.settled();
    await clerk.expectAllPublished();
    await sentinel[failOver]();
    clerk.createUsers(10);
    const published = async () => (await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).length;
    await waitFor("the events of all users are published", async () => (await published()) === 20, {
      deadlineMs: 12_000,
    });
    await emulator.webhooks.settled();
    expect(await clerk.expectAllPublished()).toHaveLength(20);
  },
);

test("an automatic sweep finds the changes and deletions that a failover lost", async () => {
  const { clerk, sentinel, api, worker } = await openWithSentinel();
  const { emulator, bridge } = clerk;
  const users = clerk.createUsers(10);
  await emulator.webhooks.settled();
  await clerk.expectAllPublished();

  worker.freeze();
  await sentinel.stopReplication();
  for (const id of users.slice(0, 5)) emulator.dashboard.updateUser(id, { last_name: "Hopper" });
  const deleted = users[6] ?? "";
  emulator.dashboard.deleteUser(deleted);
  clerk.createUsers(3);
  await emulator.webhooks.settled(); // Accepted, so Svix does not send them again.
  expect(await bridge.countJobs()).toBeGreaterThan(0);
  await sentinel.killMaster();
  await api.waitUntilReady();
  expect(await bridge.countJobs()).toBe(0);
  worker.thaw();

  await waitFor("a sweep has run because of the loss", async () =>
    (await worker.logged("reconciliation.done")).some(({ reason }) => reason === "ledger_loss"),
  );
  await clerk.expectAllPublished([deleted]);
});

async function openWithSentinel() {
  await using resources = new AsyncDisposableStack();
  const sentinel = resources.use(await startRedisSentinel());
  const clerk = resources.use(await openClerkWithoutWebhooks({ redisUrl: sentinel.redisUrl }));
  const [api, worker] = await Promise.all([clerk.bridge.startApi(), clerk.bridge.startWorker()]);
  clerk.emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: clerk.emulator.webhookSecret });
  const owned = resources.move();
  onTestFinished(() => owned.disposeAsync());
  return { clerk, sentinel, api, worker };
}
