import { expect, test } from "vitest";
import { createShardOf } from "../domain/shard-of.ts";
import type { State } from "../domain/state.ts";
import { planReshard } from "./plan-reshard.ts";
import { splitMoves } from "./split-moves.ts";
import { apiShardCountError, workerShardCountError, type ShardLayout } from "./shard-layout.ts";

const steady = (shards: number): ShardLayout => ({ phase: "steady", shards });
const moving = (from: number, to: number): ShardLayout => ({ phase: "moving", from, to, id: "a command" });
const both = (partitions: number) => ({ events: partitions, states: partitions });

test("From a steady bridge there is a plan for any larger number", () => {
  const plan = { outcome: "go", from: 2, partitions: 2, resumed: false };
  expect(planReshard(steady(2), both(2), 5)).toEqual(plan);
  expect(planReshard(undefined, both(2), 5)).toEqual(plan);
});

test("A change goes on wherever it stopped, also when Redis has lost what was announced", () => {
  expect(planReshard(moving(2, 5), both(2), 5)).toMatchObject({ outcome: "go", from: 2, partitions: 2, resumed: true });
  expect(planReshard(moving(2, 5), { events: 2, states: 5 }, 5)).toMatchObject({
    outcome: "go",
    from: 2,
    partitions: 2,
  });
  expect(planReshard(moving(2, 5), both(5), 5)).toMatchObject({ outcome: "go", from: 2, partitions: 5 });
  expect(planReshard(undefined, both(5), 5)).toMatchObject({ outcome: "go", partitions: 5 });
});

test("One that has added no partitions yet may still be taken back", () => {
  expect(planReshard(moving(2, 5), both(2), 2)).toMatchObject({ outcome: "go", from: 2, partitions: 2 });
});

test("A number that the bridge has is nothing to do, unless the change to it is not finished", () => {
  expect(planReshard(steady(5), both(5), 5)).toEqual({ outcome: "done" });
  expect(planReshard(steady(2), both(5), 5)).toMatchObject({ outcome: "go" });
  expect(planReshard(steady(5), { events: 5, states: 2 }, 5)).toMatchObject({ outcome: "go", partitions: 2 });
});

test("Partitions cannot be taken away, not even those of one topic, and topics that are missing have nothing to move", () => {
  expect(planReshard(steady(5), both(5), 4)).toMatchObject({
    outcome: "refused",
    reason: expect.stringMatching(/5 part/),
  });
  expect(planReshard(moving(2, 5), { events: 2, states: 5 }, 3)).toMatchObject({ outcome: "refused" });
  expect(planReshard(undefined, { events: 0, states: 2 }, 3)).toMatchObject({ outcome: "refused" });
});

test("While a change is not finished no worker may own a shard, and an API may have either number", () => {
  for (const shards of [2, 3, 5]) expect(workerShardCountError(moving(2, 5), shards)).toMatch(/from 2 to 5 .* --to 5$/);
  expect([2, 5].map((shards) => apiShardCountError(moving(2, 5), shards))).toEqual([undefined, undefined]);
  expect(apiShardCountError(moving(2, 5), 3)).toMatch(/SHARDS is 3.*from 2 to 5/);
});

test.for([workerShardCountError, apiShardCountError])(
  "With another number than the bridge's nothing starts: %o",
  (shardCountError) => {
    expect(shardCountError(steady(5), 5)).toBeUndefined();
    expect(shardCountError(steady(5), 2)).toMatch(/has 5 shards and SHARDS is 2. Set SHARDS=5.$/);
    expect(shardCountError(steady(5), 6)).toMatch(/has 5 shards and SHARDS is 6. .* --to 6$/);
  },
);

const someone = (id: string, lastName = ""): State => ({
  status: "present",
  user: { id, firstName: "", lastName, username: "", emailAddress: [], role: "user" },
  createdAt: 0,
  version: 1,
  readAt: 0,
  sequence: 1,
});

test("Moves are split into transactions that Kafka takes; each goes to its user's shard, none is left out", () => {
  const shardOf = createShardOf(5);
  const ids = Array.from({ length: 23 }, (_, index) => `user_${index}`);
  const states = new Map(ids.map((id) => [id, someone(id)]));
  const pieces = splitMoves(states, shardOf, 10);
  expect(pieces.map((piece) => piece.length)).toEqual([10, 10, 3]);
  expect(pieces.flat()).toEqual(ids.map((userId) => ({ userId, state: someone(userId), to: shardOf(userId) })));

  const large = new Map(ids.map((id) => [id, someone(id, "x".repeat(30_000))]));
  expect(splitMoves(large, shardOf, 10).map((piece) => piece.length)).toEqual([
    ...Array.from({ length: 11 }, () => 2),
    1,
  ]);
  expect(splitMoves(new Map(), shardOf, 10)).toEqual([]);
});
