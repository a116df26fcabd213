import { expect, test } from "vitest";
import { openBridge } from "../harness/bridge.ts";
import { lastWord, messagesOf } from "../harness/clerk-messages.ts";
import { expectExactlyOnce } from "../harness/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../harness/make-history.ts";
import { sendAll } from "../harness/send-webhook.ts";

test("200 users' messages, shuffled and repeated, end as created, updated*, deleted with each user's last state", async () => {
  await using bridge = await openBridge({ shards: 3 });
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker(), bridge.startWorker()]);
  const history = makeHistory({ users: 200, seed: 3 });
  const sent = shuffleWithRepeats(history, 3);
  expect(sent.length).toBeGreaterThan(history.length);
  await sendAll(api.url, messagesOf(sent), 32);
  await bridge.waitUntilIdle();
  const events = await expectExactlyOnce(bridge, lastWord(history));
  expect(new Set(events.map(({ headers }) => headers["ce_type"]))).toEqual(
    new Set(["user.created", "user.updated", "user.deleted"]),
  );
});
