import { expect, test } from "vitest";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, makeUser, messagesOf, userMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

test("shuffled and repeated messages of 200 users are published as created, updated*, deleted and end in each user's last state", async () => {
  await using bridge = await openBridge({ shards: 3 });
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker(), bridge.startWorker()]);
  const history = makeHistory({ users: 200, seed: 3 });
  const sent = shuffleWithRepeats(history, 3);
  expect(sent.length).toBeGreaterThan(history.length);
  await sendAll(api.url, messagesOf(sent), 32);
  await bridge.waitUntilIdle();
  const events = await expectExactlyOnce(bridge, expectedUsers(history));
  expect(new Set(events.map(({ headers }) => headers["ce_type"]))).toEqual(
    new Set(["user.created", "user.updated", "user.deleted"]),
  );
});

test("a commit whose answer is lost publishes its events once", async () => {
  await using bridge = await openBridge({ shards: 2, variables: { BATCH_MAX_MESSAGES: "16" } });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startUncertainWorker()]);
  const history = shuffleWithRepeats(makeHistory({ users: 120, seed: 8 }), 8);
  await sendAll(api.url, messagesOf(history), 32);
  await bridge.waitUntilIdle(40_000);
  await expectExactlyOnce(bridge, expectedUsers(history));
  expect((await worker.waitUntilLogged("answer.lost", 3)).length).toBeGreaterThan(2);
  expect((await worker.waitUntilLogged("shard.dropped", 3)).length).toBeGreaterThan(2);
});

test("400 queued changes of one user are all published, although they exceed the size of one Kafka request", async () => {
  await using bridge = await openBridge({ shards: 1 });
  const api = await bridge.startApi();
  const { id } = makeUser();
  const history = Array.from({ length: 400 }, (_, change) =>
    userMessage("user.updated", makeUser({ id, firstName: `${change} ${"€".repeat(2_000)}` }), change),
  );
  await sendAll(api.url, messagesOf(history));
  await bridge.startWorker();
  await bridge.waitUntilIdle();
  expect(await expectExactlyOnce(bridge, expectedUsers(history))).toHaveLength(history.length);
});
