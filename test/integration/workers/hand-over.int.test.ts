import { expect, test } from "vitest";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const shards = 4;

test("Workers share the shards, and one that stops in order hands its own over at once, in the midst of the traffic", async () => {
  await using bridge = await openBridge({ shards });
  const [api, leaver] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await waitUntilOwning(leaver, shards);
  const stayer = await bridge.startWorker();
  await Promise.all([waitUntilOwning(leaver, shards / 2), waitUntilOwning(stayer, shards / 2)]);

  const history = shuffleWithRepeats(makeHistory({ users: 100, seed: 10 }), 10);
  const sending = sendAll(api.url, messagesOf(history));
  await waitFor("both are at work", async () => {
    const committed = [leaver, stayer].map((worker) => worker.metric("bridge_events_committed_total"));
    return (await Promise.all(committed)).every((events) => events > 0);
  });
  const toldAt = performance.now();
  expect(await leaver.stop()).toBe("exit code 0");
  await waitUntilOwning(stayer, shards);
  // Without waiting for the session of the one that left to end.
  expect(performance.now() - toldAt).toBeLessThan(5_000);

  await sending;
  await bridge.waitUntilIdle();
  expect((await expectExactlyOnce(bridge, expectedUsers(history))).length).toBeGreaterThan(0);
  expect(await leaver.logged("shard.dropped")).toEqual([]);
});

test("A worker that is told to stop when it has nothing to do stops with code 0, and so does the API", async () => {
  await using bridge = await openBridge({ shards });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await waitUntilOwning(worker, shards);
  expect(await Promise.all([api.stop(), worker.stop()])).toEqual(["exit code 0", "exit code 0"]);
  for (const process of [api, worker]) expect(await process.logged("process.stopped")).toHaveLength(1);
});

async function waitUntilOwning(worker: BridgeProcess, count: number): Promise<void> {
  await waitFor(`it owns ${count} shards`, async () => (await worker.metric("bridge_shards_owned")) === count, {
    deadlineMs: 15_000,
    intervalMs: 20,
  });
}
