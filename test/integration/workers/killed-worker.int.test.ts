import { expect, test } from "vitest";
import type { Step } from "../../../workers/context/shard-context.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

const steps: readonly (readonly [step: Step, meaning: string])[] = [
  ["taken", "with claimed jobs and no work done"],
  ["decided", "before the transaction"],
  ["sent", "inside the transaction"],
  ["committed", "after the commit and before the ledger"],
  ["applied", "after the ledger and before the jobs complete"],
  ["completed", "after the jobs complete"],
];

test.for(steps)("a worker killed at `%s`, %s, loses nothing and repeats nothing", async ([step]) => {
  await using bridge = await openBridge({ shards: 1 });
  const [api, killed] = await Promise.all([bridge.startApi(), bridge.startPausableWorker(step)]);
  const before = makeHistory({ users: 5, seed: 1 });
  const after = shuffleWithRepeats(makeHistory({ users: 20, seed: 2 }), 2);
  await sendAll(api.url, messagesOf(before));
  await bridge.waitUntilIdle();

  // Queued while the worker is frozen, so that the batch it halts in has many jobs.
  await killed.arm();
  killed.freeze();
  await sendAll(api.url, messagesOf(after));
  const queued = await bridge.countJobs();
  killed.thaw();
  await killed.waitUntilLogged("halted");
  expect((await bridge.countJobs()) < queued).toBe(step === "completed");
  // Whether the batch has all jobs depends on the moment of the freeze. At `completed`, the jobs of the next batch are active.
  const active = await bridge.countActiveJobsOf(0);
  expect(active > 0 || step === "completed").toBe(true);
  await killed.kill();
  expect(await killed.exited).toBe("SIGKILL");

  const successor = await bridge.startWorker();
  const [owned] = await successor.waitUntilLogged("shard.owned");
  // Otherwise its first look at the queue, five seconds later, would find them.
  expect(owned?.["requeuedJobs"]).toBe(active);
  await bridge.waitUntilIdle();
  const history = [...before, ...after];
  await expectExactlyOnce(bridge, expectedUsers(history));

  // Sending everything again changes nothing.
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(history));
});
