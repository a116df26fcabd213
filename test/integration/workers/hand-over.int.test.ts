import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createShardJobs } from "../../../src/queue/shard-jobs.ts";
import { createBlockingRedis } from "../../../src/redis/create-redis.ts";
import { redisAddressSchema } from "../../../src/redis/redis-address.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, makeUser, messagesOf, userMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const shards = 4;

test("workers share the shards, and a worker that stops cleanly under load hands its shards over at once", async () => {
  await using bridge = await openBridge({ shards, variables: { KAFKA_SESSION_TIMEOUT_MS: "20000" } });
  const [api, stopping] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await waitUntilOwning(stopping, shards);
  const remaining = await bridge.startWorker();
  await Promise.all([waitUntilOwning(stopping, shards / 2), waitUntilOwning(remaining, shards / 2)]);

  const history = shuffleWithRepeats(makeHistory({ users: 100, seed: 10 }), 10);
  const sending = sendAll(api.url, messagesOf(history));
  await waitFor("both workers publish events", async () => {
    const committed = [stopping, remaining].map((worker) => worker.metric("bridge_events_committed_total"));
    return (await Promise.all(committed)).every((events) => events > 0);
  });
  const stoppedAt = performance.now();
  expect(await stopping.stop()).toBe("exit code 0");
  await waitUntilOwning(remaining, shards);
  // Without waiting for the session time-out of the stopped worker.
  expect(performance.now() - stoppedAt).toBeLessThan(5_000);

  await sending;
  await bridge.waitUntilIdle();
  expect((await expectExactlyOnce(bridge, expectedUsers(history))).length).toBeGreaterThan(0);
  expect(await stopping.logged("shard.dropped")).toEqual([]);
});

test("a job that an earlier owner claims after its shard was taken over is processed within seconds", async () => {
  await using bridge = await openBridge({ shards: 1 });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const log = pino({ level: "silent" });
  const redis = createBlockingRedis(redisAddressSchema.parse(bridge.redisUrl), log);
  onTestFinished(() => redis.disconnect());
  const earlier = createShardJobs(redis, bridge.redisPrefix, 0, log);
  onTestFinished(() => earlier.close());
  worker.freeze();
  const sent = userMessage("user.created", makeUser(), 1);
  await sendAll(api.url, [sent.message]);
  await waitFor("the earlier owner has the job", async () => (await earlier.claim(1)).length === 1);
  worker.thaw();
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers([sent]));
  expect(await worker.waitUntilLogged("shard.owned")).toHaveLength(1);
});

test("an idle worker and an idle API stop with exit code 0", async () => {
  await using bridge = await openBridge({ shards });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await waitUntilOwning(worker, shards);
  expect(await Promise.all([api.stop(), worker.stop()])).toEqual(["exit code 0", "exit code 0"]);
  for (const process of [api, worker]) expect(await process.logged("process.stopped")).toHaveLength(1);
});

async function waitUntilOwning(worker: BridgeProcess, count: number): Promise<void> {
  await waitFor(`the worker owns ${count} shards`, async () => (await worker.metric("bridge_shards_owned")) === count, {
    deadlineMs: 15_000,
    intervalMs: 20,
  });
}
