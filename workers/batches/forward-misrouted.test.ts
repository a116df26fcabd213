import { expect, test } from "vitest";
import { type Change, userIdOf } from "../../src/domain/change.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import type { Message } from "../../src/domain/message.ts";
import { findMisrouted, forward } from "./forward-misrouted.ts";

const shardOf = createShardOf(3);

const deletionOf = (userId: string) => {
  const tag: Message = {
    id: `msg_${userId}`,
    source: "webhook",
    type: "user.deleted",
    receivedAt: 1,
    readAt: 0,
    data: { id: userId },
  };
  const change: Change = { kind: "deletion", userId, deletedAt: 1, source: "webhook" };
  return { change, tag };
};
const candidates = Array.from({ length: 30 }, (_, index) => deletionOf(`user_${index}`));

test("Each message is one shard's own, and misrouted in all others", () => {
  const found = [0, 1, 2].map((shard) => findMisrouted(candidates, shard, shardOf));
  expect(found.flatMap(({ own }) => own)).toHaveLength(30);
  for (const [shard, { own, misrouted }] of found.entries()) {
    expect(own.every(({ change }) => shardOf(userIdOf(change)) === shard)).toBe(true);
    expect([...own, ...misrouted]).toHaveLength(30);
  }
});

test("What is misrouted goes to its user's shard as it came, and it fails when one of them cannot be queued", async () => {
  const added: [number, Message][] = [];
  const { misrouted } = findMisrouted(candidates, 0, shardOf);
  await forward({ shardOf, queues: { add: async (shard, message) => void added.push([shard, message]) } }, misrouted);
  expect(added).toEqual(misrouted.map(({ tag }) => [shardOf(String(tag.data["id"])), tag]));
  const away = { add: () => Promise.reject(new Error("Redis is away")) };
  await expect(forward({ shardOf, queues: away }, misrouted)).rejects.toThrow("Redis is away");
});
