import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { clerkUserJson, makeUser, versionOf } from "../../test/support/clerk/clerk-messages.ts";
import { openShardInMemory } from "../../test/support/workers/shard-in-memory.ts";
import { forwardMisrouted, processBatch } from "./process-batch.ts";

const shardOf = createShardOf(3);

const misrouted = Array.from({ length: 30 }, (_, index): Candidate => {
  const userId = `user_${index}`;
  return {
    change: { kind: "deletion", userId, deletedAt: 1, source: "webhook" },
    message: {
      id: `msg_${index}`,
      source: "webhook",
      type: "user.deleted",
      receivedAt: 1,
      readAt: 0,
      data: { id: userId },
    },
  };
});

test("a misrouted message is queued unchanged in its user's shard", async () => {
  const added: [number, Message][] = [];
  await forwardMisrouted(misrouted, shardOf, async (shard, message) => void added.push([shard, message]));
  expect(added).toEqual(misrouted.map(({ message }) => [shardOf(String(message.data["id"])), message]));
});

test("forwarding fails when a misrouted message cannot be queued", async () => {
  const add = () => Promise.reject(new Error("Redis is unavailable"));
  await expect(forwardMisrouted(misrouted, shardOf, add)).rejects.toThrow("Redis is unavailable");
});

describe("the job of a new user", () => {
  const message: Message = {
    id: "msg_1",
    source: "webhook",
    type: "user.created",
    receivedAt: 1,
    readAt: 0,
    data: clerkUserJson(makeUser(), versionOf(1)),
  };
  const jobs = [{ id: "1", messages: [message] }];
  const atRest = async () => {
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  };

  test("is completed after its event is published", async () => {
    const { context, owned, calls } = openShardInMemory();
    expect(await processBatch(context, owned, jobs, () => 0)).toEqual({ outcome: "done", next: [] });
    expect(calls.slice(0, 2)).toEqual(["read", "publish"]);
    expect(calls.slice(2).toSorted()).toEqual(["apply", "complete"]);
  });

  test("is not completed before Redis has stored it in the queue of another shard", async () => {
    const forwarded = Promise.withResolvers<void>();
    const { queues } = openShardInMemory().context;
    const { context, owned, calls } = openShardInMemory({
      context: { shardOf: () => 1, queues: { ...queues, requeue: () => forwarded.promise } },
    });
    const processed = processBatch(context, owned, jobs, () => 0);
    await atRest();
    expect(calls).toEqual(["read"]);
    forwarded.resolve();
    await processed;
    expect(calls).toEqual(["read", "complete"]);
  });

  test("is not completed before its registration is counted", async () => {
    const counted = Promise.withResolvers<number>();
    const { context, owned, calls } = openShardInMemory({ answerOfRedis: () => counted.promise });
    const processed = processBatch(context, owned, jobs, () => 0);
    await atRest();
    expect(calls).toEqual(["read", "publish", "apply"]);
    counted.resolve(1);
    await processed;
    expect(calls).toEqual(["read", "publish", "apply", "complete"]);
  });

  test("is neither published again nor completed when the outcome of its transaction is unknown", async () => {
    let published = 0;
    const publish = async () => {
      published += 1;
      throw new Error("no answer to the commit");
    };
    const { context, owned, calls } = openShardInMemory({ publisher: { publish } });
    await expect(processBatch(context, owned, jobs, () => 0)).rejects.toThrow("no answer to the commit");
    expect(published).toBe(1);
    expect(calls).toEqual(["read"]);
  });
});
