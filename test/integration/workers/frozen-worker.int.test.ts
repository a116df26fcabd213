import { expect, test } from "vitest";
import { createRandom } from "clerk-emulator";
import type { Step } from "../../../workers/context/shard-context.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const steps: readonly (readonly [step: Step, meaning: string])[] = [
  ["taken", "with jobs in hand and nothing done"],
  ["decided", "before the transaction"],
  ["sent", "inside the transaction"],
  ["committed", "after the commit and before the ledger"],
  ["applied", "after the ledger and before the jobs complete"],
];

test.for(steps)("a worker frozen at `%s`, %s, and woken after another did its work repeats nothing", async ([step]) => {
  await using bridge = await openBridge({ shards: 1 });
  const [api, sleeper] = await Promise.all([bridge.startApi(), bridge.startPausableWorker(step)]);
  const before = makeHistory({ users: 5, seed: 1 });
  const during = shuffleWithRepeats(makeHistory({ users: 20, seed: 2 }), 2);
  await sendAll(api.url, messagesOf(before));
  await bridge.waitUntilIdle();

  sleeper.signal("SIGUSR2");
  await sleeper.waitUntilLogged("armed");
  await sendAll(api.url, messagesOf(during));
  await sleeper.waitUntilLogged("halted");
  sleeper.freeze();

  const successor = await bridge.startWorker();
  await bridge.waitUntilIdle();
  const history = [...before, ...during];
  const published = await expectExactlyOnce(bridge, expectedUsers(history));

  sleeper.thaw();
  // It goes on where it stood, is refused, and then either lets the shard go or owns it anew.
  await waitFor("the woken worker is through with what it had in hand", async () => {
    const ownedAgain = (await sleeper.logged("shard.owned")).length > 1;
    return ownedAgain || (await sleeper.metric("bridge_shards_owned")) === 0;
  });
  const later = makeHistory({ users: 10, seed: 4 });
  await sendAll(api.url, messagesOf([...history, ...later]));
  await bridge.waitUntilIdle();
  const events = await expectExactlyOnce(bridge, expectedUsers([...history, ...later]));
  expect(events.slice(0, published.length)).toEqual(published);
  await Promise.all([sleeper.waitUntilReady(), successor.waitUntilReady()]);
});

test("workers frozen at any moment, one after the other, and woken later lose nothing and repeat nothing", async () => {
  await using bridge = await openBridge({ shards: 3 });
  const [api, ...workers] = await Promise.all([bridge.startApi(), bridge.startWorker(), bridge.startWorker()]);
  const random = createRandom(5, "moments");
  const history = shuffleWithRepeats(makeHistory({ users: 150, seed: 5 }), 5);
  const half = Math.floor(history.length / 2);
  for (const [turn, part] of [history.slice(0, half), history.slice(half)].entries()) {
    const sleeper = workers[turn];
    const frozenAfter = random.below(part.length);
    await sendAll(api.url, messagesOf(part.slice(0, frozenAfter)));
    sleeper?.freeze();
    await sendAll(api.url, messagesOf(part.slice(frozenAfter)));
    await bridge.waitUntilIdle();
    sleeper?.thaw();
  }
  const published = await expectExactlyOnce(bridge, expectedUsers(history));
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
  expect(await expectExactlyOnce(bridge, expectedUsers(history))).toHaveLength(published.length);
});
