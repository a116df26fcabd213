import { expect, test } from "vitest";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { forwardMisrouted } from "./process-batch.ts";

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
