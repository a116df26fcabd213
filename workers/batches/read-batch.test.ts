import { expect, test } from "vitest";
import { userIdOf } from "../../src/domain/change.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import type { Message } from "../../src/domain/message.ts";
import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";
import { readBatch } from "./read-batch.ts";

const message = (id: string, data: Record<string, unknown> = {}): Message => ({
  id,
  source: "webhook",
  type: "user.updated",
  receivedAt: 1,
  readAt: 0,
  data: { id: "user_1", email_addresses: [], created_at: 1, updated_at: 2, ...data },
});
const job = (id: string, ...messages: readonly unknown[]): ClaimedJob => ({ id, messages });
const read = (...jobs: readonly ClaimedJob[]) =>
  readBatch(jobs, { shard: 0, shardOf: createShardOf(1), eventFields: [], at: 9 });

test("a batch contains the changes of all jobs in order, each with its message", () => {
  const { own, misrouted, malformed } = read(job("a", message("1"), message("2")), job("b", message("3")));
  expect(own.map((candidate) => candidate.message.id)).toEqual(["1", "2", "3"]);
  expect(own.every(({ change }) => change.kind === "snapshot")).toBe(true);
  expect(misrouted).toEqual([]);
  expect(malformed).toEqual([]);
});

test("a message that cannot be decided becomes a dead letter, and the other messages of its job are kept", () => {
  const wrong = message("2", { updated_at: "yesterday" });
  const { own, malformed } = read(job("a", message("1"), wrong, message("3")));
  expect(own.map((candidate) => candidate.message.id)).toEqual(["1", "3"]);
  expect(malformed).toMatchObject([{ id: "2", reason: "updated_at: invalid_type", at: 9 }]);
  expect(JSON.parse(malformed[0]?.body ?? "")).toEqual(wrong);
});

test("job data that is not a message becomes a dead letter, identified by its position in the job", () => {
  const { own, malformed } = read(job("a", 42, { id: "half" }), job("b", null));
  expect(own).toEqual([]);
  expect(malformed.map(({ id, body }) => [id, body])).toEqual([
    ["a-0", "42"],
    ["a-1", '{"id":"half"}'],
    ["b-0", "null"],
  ]);
});

test("each message belongs to one shard and is misrouted in all others", () => {
  const shardOf = createShardOf(3);
  const messages = Array.from({ length: 30 }, (_, index) => message(`${index}`, { id: `user_${index}` }));
  const batches = [0, 1, 2].map((shard) =>
    readBatch([job("a", ...messages)], { shard, shardOf, eventFields: [], at: 9 }),
  );
  expect(batches.flatMap(({ own }) => own)).toHaveLength(30);
  for (const [shard, { own, misrouted }] of batches.entries()) {
    expect(own.every(({ change }) => shardOf(userIdOf(change)) === shard)).toBe(true);
    expect([...own, ...misrouted]).toHaveLength(30);
  }
});
