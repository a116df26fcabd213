import { expect, test } from "vitest";
import { createRandom } from "clerk-emulator";
import type { Step } from "../../../workers/context/shard-context.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, messagesOf, userMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const steps: readonly (readonly [step: Step, meaning: string])[] = [
  ["taken", "with claimed jobs and no work done"],
  ["decided", "before the transaction"],
  ["sent", "inside the transaction"],
  ["committed", "after the commit and before the ledger"],
  ["applied", "after the ledger and before the jobs complete"],
];

test.for(steps)(
  "a worker frozen at `%s`, %s, and resumed after another worker did its work repeats nothing",
  async ([step]) => {
    await using bridge = await openBridge({ shards: 1 });
    const [api, frozen] = await Promise.all([bridge.startApi(), bridge.startPausableWorker(step)]);
    const before = makeHistory({ users: 5, seed: 1 });
    const during = shuffleWithRepeats(makeHistory({ users: 20, seed: 2 }), 2);
    await sendAll(api.url, messagesOf(before));
    await bridge.waitUntilIdle();

    await frozen.arm();
    await sendAll(api.url, messagesOf(during));
    await frozen.waitUntilLogged("halted");
    frozen.freeze();

    const successor = await bridge.startWorker();
    await bridge.waitUntilIdle();
    // The users of the frozen batch change in the meantime, so that a late write of the frozen worker would undo something.
    const afterwards = [...expectedUsers(during).values()].flatMap((user) =>
      user === undefined ? [] : [userMessage("user.updated", { ...user, firstName: "Later" }, 900)],
    );
    await sendAll(api.url, messagesOf(afterwards));
    await bridge.waitUntilIdle();
    const history = [...before, ...during, ...afterwards];
    const published = await expectExactlyOnce(bridge, expectedUsers(history));

    frozen.thaw();
    // It continues where it stopped, is fenced, and then either releases the shard or owns it again.
    await waitFor("the resumed worker has finished its batch", async () => {
      const ownedAgain = (await frozen.logged("shard.owned")).length > 1;
      return ownedAgain || (await frozen.metric("bridge_shards_owned")) === 0;
    });
    const later = makeHistory({ users: 10, seed: 4 });
    await sendAll(api.url, messagesOf([...history, ...later]));
    await bridge.waitUntilIdle();
    const events = await expectExactlyOnce(bridge, expectedUsers([...history, ...later]));
    expect(events.slice(0, published.length)).toEqual(published);
    await Promise.all([frozen.waitUntilReady(), successor.waitUntilReady()]);
  },
);

test("workers frozen at random moments and resumed later lose and repeat nothing", async () => {
  await using bridge = await openBridge({ shards: 3 });
  const [api, ...workers] = await Promise.all([bridge.startApi(), bridge.startWorker(), bridge.startWorker()]);
  const random = createRandom(5, "moments");
  const history = shuffleWithRepeats(makeHistory({ users: 150, seed: 5 }), 5);
  const half = Math.floor(history.length / 2);
  for (const [turn, part] of [history.slice(0, half), history.slice(half)].entries()) {
    const frozen = workers[turn];
    const frozenAfter = random.below(part.length);
    await sendAll(api.url, messagesOf(part.slice(0, frozenAfter)));
    frozen?.freeze();
    await sendAll(api.url, messagesOf(part.slice(frozenAfter)));
    await bridge.waitUntilIdle();
    frozen?.thaw();
  }
  const published = await expectExactlyOnce(bridge, expectedUsers(history));
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
  expect(await expectExactlyOnce(bridge, expectedUsers(history))).toHaveLength(published.length);
});
