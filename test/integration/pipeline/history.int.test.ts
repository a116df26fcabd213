import { expect, test } from "vitest";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, makeUser, messagesOf, userMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

test("200 users' messages, shuffled and repeated, end as created, updated*, deleted with each user's last state", async () => {
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

test("One user's 400 changes of long names, waiting together, are all published, though Kafka takes no such write at once", async () => {
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
