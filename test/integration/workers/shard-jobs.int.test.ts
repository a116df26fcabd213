import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { createLogger } from "../../../src/shared/logger.ts";
import type { Message } from "../../../src/domain/message.ts";
import { createShardJobs, type ShardJobs, type ClaimedJob } from "../../../src/queue/shard-jobs.ts";
import { createBlockingRedis } from "../../../src/redis/create-redis.ts";

// A user's versions nearly always enter a shard's queue in order. Putting jobs back must keep that order, because an older
// version that is overtaken by a newer one gets no event.
let resources: AsyncDisposableStack;
let jobs: ShardJobs;

beforeEach(() => {
  resources = new AsyncDisposableStack();
  const log = createLogger("test", "silent");
  const redis = resources.adopt(
    createBlockingRedis({ kind: "single", url: inject("redisUrl") }, log),
    async (connection) => connection.disconnect(),
  );
  jobs = resources.adopt(createShardJobs(redis, `test-${randomUUID()}`, 0, log), (opened) => opened.close());
});
afterEach(() => resources.disposeAsync());

test("jobs that exceed a batch return to the queue in their order", async () => {
  await queueJobs(10);
  const taken = [await jobs.claim(5), await jobs.claim(5), await jobs.claim(5)].flat();
  expect(numbersOf(taken)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("jobs claimed while others are completed keep their order, including those that exceed the batch", async () => {
  await queueJobs(12);
  let taken = await jobs.claim(5);
  const order = numbersOf(taken);
  while (taken.length > 0) {
    taken = await jobs.completeAndClaim(taken, 7);
    order.push(...numbersOf(taken));
  }
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("a batch grows by the waiting jobs in their order, up to its limit", async () => {
  await queueJobs(12);
  const batch = await jobs.claim(3);
  expect(numbersOf(batch)).toEqual([0]);
  expect(numbersOf(await jobs.claimMore(batch, 7))).toEqual([0, 1, 2]);
  expect(numbersOf(await jobs.claim(100))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("released jobs are claimed again in their order", async () => {
  await queueJobs(6);
  await jobs.release(await jobs.claim(100));
  expect(numbersOf(await jobs.claim(100))).toEqual([0, 1, 2, 3, 4, 5]);
});

test("jobs of a dead owner are claimed again in their order", async () => {
  await queueJobs(6);
  await jobs.claim(6);
  expect(await jobs.requeueAbandoned()).toBe(3);
  expect(numbersOf(await jobs.claim(100))).toEqual([0, 1, 2, 3, 4, 5]);
});

const message = (number: number): Message => ({
  id: `msg_${number}`,
  source: "webhook",
  type: "user.updated",
  receivedAt: number,
  readAt: 0,
  data: { id: "user_1" },
});

/** Jobs of two messages each; the messages are numbered in the order of the jobs. */
async function queueJobs(count: number): Promise<void> {
  for (let job = 0; job < count; job += 1) await jobs.delay([message(2 * job), message(2 * job + 1)], 0);
}

/** The numbers of the jobs, by their first messages. */
const numbersOf = (taken: readonly ClaimedJob[]): number[] =>
  taken.map(({ messages: [first] }) => Number(JSON.stringify(first).match(/"msg_(\d+)"/)?.[1]) / 2);
