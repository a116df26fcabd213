import { pino } from "pino";
import { expect, test } from "vitest";
import type { Message } from "../../../src/domain/message.ts";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { createMessageQueues } from "../../../src/queue/message-queues.ts";
import { createShardJobs } from "../../../src/queue/shard-jobs.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { clerkUserJson, makeUser, newUserId, versionOf } from "../../support/clerk/clerk-messages.ts";

test("a forwarded message is published although its user's shard has finished a job with the same id", async () => {
  await using bridge = await openBridge();
  await using resources = new AsyncDisposableStack();
  const { redis, redisPrefix, shards } = bridge;
  await redis.ping();
  const queues = createMessageQueues({ redis, redisPrefix, deadlineMs: 5_000 });
  resources.defer(() => queues.close());
  const user = makeUser({ id: newUserId() });
  const ownShard = createShardOf(shards)(user.id);
  const message: Message = {
    id: "msg_forwarded",
    source: "webhook",
    type: "user.created",
    receivedAt: versionOf(1),
    readAt: 0,
    data: clerkUserJson(user, versionOf(1)),
  };

  // As when the shard forwarded the message under another number of shards, and now gets it back.
  await queues.add(ownShard, message);
  await finishJobs(bridge, ownShard);
  await queues.add(1 - ownShard, message);
  await bridge.startWorker();
  await bridge.waitUntilIdle();
  expect(await expectExactlyOnce(bridge, new Map([[user.id, user]]))).toHaveLength(1);
});

async function finishJobs({ redis, redisPrefix }: Bridge, shard: number): Promise<void> {
  const jobs = createShardJobs(redis, redisPrefix, shard, pino({ level: "silent" }));
  const claimed = await jobs.claim(10);
  expect(claimed.map(({ id }) => id)).toEqual(["msg_forwarded"]);
  await jobs.completeAndClaim(claimed, 0);
  await jobs.close();
}
