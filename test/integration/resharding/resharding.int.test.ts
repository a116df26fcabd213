import { expect, test } from "vitest";
import { openBridge } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { expectedUsers, messagesOf, type UserMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";
import { type HaltingStep, killReshardAt, withShards } from "../../support/bridge/reshard.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const steps: readonly HaltingStep[] = ["announced", "fenced", "grown", "taken", "sent", "moved_some", "moved"];
/** The steps after which the topics differ from before, so that no worker may start. */
const stepsThatBlockWorkers = new Set<HaltingStep>(["announced", "grown", "moved"]);
/** About 150 messages. The messages of each user are spread over several pieces. */
const history = makeHistory({ users: 50, seed: 21 });
const pieces = splitByUser(history, steps.length + 2);

test(
  "a reshard from 2 to 5 shards that is killed at every step loses and repeats nothing while messages arrive",
  { timeout: 120_000 },
  async () => {
    await using bridge = await openBridge({ shards: 2 });
    const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
    const [before = [], ...during] = pieces;
    const after = during.pop() ?? [];
    await send(api, before);
    await bridge.waitUntilIdle();
    await worker.stop();

    const resharded = withShards(bridge, 5);
    const layoutKey = `${bridge.redisPrefix}:topology`;
    const expectNoWorkerStarts = async (why: RegExp) => {
      for (const { output, reason } of await Promise.all([bridge.runWorker(), resharded.runWorker()])) {
        expect(reason).toBe("exit code 1");
        expect(output.slice(output.indexOf("Cannot run:\n"))).toMatch(why);
      }
    };
    for (const [index, step] of steps.entries()) {
      await killReshardAt(bridge, 5, step);
      await send(api, during[index] ?? []);
      if (stepsThatBlockWorkers.has(step)) await expectNoWorkerStarts(/The change from \d to 5 shards is not finished/);
      if (step !== "moved_some") continue;
      // A worker that can read only Kafka does not start either.
      await bridge.redis.del(layoutKey);
      await expectNoWorkerStarts(
        /has 5 partitions and SHARDS is 2|The change to 5 shards is not finished: the states of \d+ users/,
      );
    }
    const { output, reason } = await bridge.runCommand("reshard", "--to", "5");
    expect(output).toContain("the bridge has 5 shards");
    expect(reason).toBe("exit code 0");

    const [newWorker, newApi] = await Promise.all([resharded.startWorker(), resharded.startApi()]);
    await newWorker.waitUntilLogged("shard.owned", 5);
    await send(newApi, after);
    await send(api, shuffleWithRepeats(history, 3)); // The old API still runs, and all messages are repeated.
    await resharded.waitUntilIdle();
    await expectExactlyOnce(resharded, expectedUsers(history), [2, 5]);
  },
);

test("running workers exit during a reshard, and messages that arrive during it are published exactly once", async () => {
  await using bridge = await openBridge({ shards: 2 });
  const api = await bridge.startApi();
  const halted = await bridge.startPausableWorker("decided");
  const running = await bridge.startWorker();
  await running.waitUntilLogged("shard.owned");
  // One worker holds a batch that it decided before the reshard and sends after it.
  await halted.arm();
  const sent = makeHistory({ users: 20, seed: 99 });
  await send(api, sent);
  await halted.waitUntilLogged("halted");
  const command = bridge.startCommand("reshard", "--to", "3");
  const over = new AbortController();
  const sending = (async () => {
    for (let seed = 100; !over.signal.aborted; seed += 1) {
      const next = makeHistory({ users: 10, seed });
      await send(api, next);
      sent.push(...next);
    }
  })();
  expect(await command.exited).toBe("exit code 0");
  over.abort();
  await sending;
  halted.thaw();
  for (const worker of [halted, running]) {
    expect(await worker.exited).toBe("exit code 1");
    expect(await worker.output()).toMatch(/from 2 to 3 shards is not finished|has 3 shards and SHARDS is 2/);
  }
  const resharded = withShards(bridge, 3);
  await (await resharded.startWorker()).waitUntilLogged("shard.owned", 3);
  await resharded.waitUntilIdle();
  await expectExactlyOnce(resharded, expectedUsers(sent), [2, 3]);
});

test("`reshard --wait-for-group` waits until the group has read the old shards; afterwards no program starts with the old number, and a smaller number is rejected", async () => {
  await using bridge = await openBridge({ shards: 2 });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const messages = history.slice(0, 60);
  await send(api, messages);
  await bridge.waitUntilIdle();
  await worker.stop();
  const group = `${bridge.redisPrefix}-consumer`;
  const planned = await bridge.runCommand("reshard", "--to", "4", "--dry-run", "--wait-for-group", group);
  expect(planned.output).toMatch(
    /from 2 to 4 shards\n.*\n2\. .*: 2 → 4 partitions; .*: 2 → 4 partitions\n3\. .* \d+ users.*\n4\. waits for .*: \d+ offsets/,
  );

  const command = bridge.startCommand("reshard", "--to", "4", "--wait-for-group", group);
  const waits = async () => (await command.output()).includes(`waits for ${group}`);
  await waitFor("the command waits for the group", waits, { deadlineMs: 20_000 });
  expect((await bridge.runWorker()).output).toContain("Cannot run:\nThe change from 2 to 4 shards is not finished");
  const consumer = createKafka(bridge.kafkaBrokers).consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topic: bridge.eventsTopic, fromBeginning: true });
  await consumer.run({ autoCommitInterval: 100, eachMessage: async () => {} });
  expect(await command.exited).toBe("exit code 0");
  await consumer.disconnect();

  const [oldWorker, again, smaller, doctor] = await Promise.all([
    bridge.runWorker(),
    bridge.runCommand("reshard", "--to", "4"),
    bridge.runCommand("reshard", "--to", "2"),
    bridge.runCommand("doctor"),
    expect(bridge.startApi()).rejects.toThrow(/exit code 1.*\n.*\nThe bridge has 4 shards and SHARDS is 2/),
    waitFor("the old API is not ready", async () => (await api.readiness()).status === 503),
  ]);
  expect(oldWorker.reason).toBe("exit code 1");
  expect(oldWorker.output).toContain("Cannot run:\nThe bridge has 4 shards and SHARDS is 2. Set SHARDS=4.");
  expect(again.output).toContain("nothing to do");
  expect(smaller.reason).toBe("exit code 1");
  expect(smaller.output).toContain("The topics have 4 partitions, and Kafka cannot take any away");

  expect(doctor.output).toContain("Shards: The bridge has 4 shards and SHARDS is 2. Set SHARDS=4.");

  // The layout record in Redis can be lost.
  const resharded = withShards(bridge, 4);
  await bridge.redis.del(`${bridge.redisPrefix}:topology`);
  const newWorker = await resharded.startWorker();
  await newWorker.waitUntilLogged("shard.owned", 4);
  expect(await newWorker.metric("bridge_ledger_losses_total")).toBe(0);
  await send(api, messages);
  await resharded.waitUntilIdle();
  await expectExactlyOnce(resharded, expectedUsers(messages), [2, 4]);
});

const send = (api: BridgeProcess, messages: readonly UserMessage[]) => sendAll(api.url, messagesOf(messages));

/** Spreads each user's messages over the pieces, in their order. */
function splitByUser(messages: readonly UserMessage[], count: number): UserMessage[][] {
  const result: UserMessage[][] = Array.from({ length: count }, () => []);
  const users = [...Map.groupBy(messages, ({ userId }) => userId).values()];
  for (const [at, ofUser] of users.entries()) {
    for (const [index, message] of ofUser.entries()) result[(at + index * 2) % count]?.push(message);
  }
  return result;
}
