import { expect, test } from "vitest";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const shards = 4;

test("workers share the shards, and a worker that stops cleanly under load hands its shards over at once", async () => {
  await using bridge = await openBridge({ shards });
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
