import { expect, test } from "vitest";
import { createShardOf } from "../domain/shard-of.ts";
import type { State } from "../domain/state.ts";
import { planReshard } from "./plan-reshard.ts";
import { splitMovedStates } from "./plan-reshard.ts";
import { apiShardCountError, workerShardCountError, type ShardLayout } from "./shard-layout.ts";

const steady = (shards: number): ShardLayout => ({ phase: "steady", shards });
const moving = (from: number, to: number): ShardLayout => ({ phase: "moving", from, to, id: "a command" });
const both = (partitions: number) => ({ events: partitions, states: partitions });

test("a steady layout has a plan for every larger number of shards", () => {
  const plan = { outcome: "go", from: 2, partitions: 2, resumed: false };
  expect(planReshard(steady(2), both(2), 5)).toEqual(plan);
  expect(planReshard(undefined, both(2), 5)).toEqual(plan);
});

test("an interrupted change continues wherever it stopped, also when Redis has lost the announcement", () => {
  expect(planReshard(moving(2, 5), both(2), 5)).toMatchObject({ outcome: "go", from: 2, partitions: 2, resumed: true });
  expect(planReshard(moving(2, 5), { events: 2, states: 5 }, 5)).toMatchObject({
    outcome: "go",
    from: 2,
    partitions: 2,
  });
  expect(planReshard(moving(2, 5), both(5), 5)).toMatchObject({ outcome: "go", from: 2, partitions: 5 });
  expect(planReshard(undefined, both(5), 5)).toMatchObject({ outcome: "go", partitions: 5 });
});

test("a change that has added no partition can be reverted", () => {
  expect(planReshard(moving(2, 5), both(2), 2)).toMatchObject({ outcome: "go", from: 2, partitions: 2 });
});

test("the present number of shards needs no change, unless the change to it is unfinished", () => {
  expect(planReshard(steady(5), both(5), 5)).toEqual({ outcome: "done" });
  expect(planReshard(steady(2), both(5), 5)).toMatchObject({ outcome: "go" });
  expect(planReshard(steady(5), { events: 5, states: 2 }, 5)).toMatchObject({ outcome: "go", partitions: 2 });
});

test("fewer shards are refused, and so are missing topics", () => {
  expect(planReshard(steady(5), both(5), 4)).toMatchObject({
    outcome: "refused",
    reason: expect.stringMatching(/5 part/),
  });
  expect(planReshard(moving(2, 5), { events: 2, states: 5 }, 3)).toMatchObject({ outcome: "refused" });
  expect(planReshard(undefined, { events: 0, states: 2 }, 3)).toMatchObject({ outcome: "refused" });
});

test("during a change no worker may own a shard, and an API may have the old or the new number", () => {
  for (const shards of [2, 3, 5]) expect(workerShardCountError(moving(2, 5), shards)).toMatch(/from 2 to 5 .* --to 5$/);
  expect([2, 5].map((shards) => apiShardCountError(moving(2, 5), shards))).toEqual([undefined, undefined]);
  expect(apiShardCountError(moving(2, 5), 3)).toMatch(/SHARDS is 3.*from 2 to 5/);
});

test.for([workerShardCountError, apiShardCountError])(
  "a program with another number of shards does not start: %o",
  (shardCountError) => {
    expect(shardCountError(steady(5), 5)).toBeUndefined();
    expect(shardCountError(steady(5), 2)).toMatch(/has 5 shards and SHARDS is 2. Set SHARDS=5.$/);
    expect(shardCountError(steady(5), 6)).toMatch(/has 5 shards and SHARDS is 6. .* --to 6$/);
  },
);

const stateOf = (id: string, lastName = ""): State => ({
  status: "present",
  user: { id, firstName: "", lastName, username: "", emailAddress: [], role: "user" },
  createdAt: 0,
  version: 1,
  readAt: 0,
  sequence: 1,
});

test("moved states are split into transactions that Kafka accepts, each state goes to its user's shard, and none is left out", () => {
  const shardOf = createShardOf(5);
  const ids = Array.from({ length: 23 }, (_, index) => `user_${index}`);
  const states = new Map(ids.map((id) => [id, stateOf(id)]));
  const pieces = splitMovedStates(states, shardOf, 10);
  expect(pieces.map((piece) => piece.length)).toEqual([10, 10, 3]);
  expect(pieces.flat()).toEqual(ids.map((userId) => ({ userId, state: stateOf(userId), to: shardOf(userId) })));

  const large = new Map(ids.map((id) => [id, stateOf(id, "x".repeat(30_000))]));
  expect(splitMovedStates(large, shardOf, 10).map((piece) => piece.length)).toEqual([
    ...Array.from({ length: 11 }, () => 2),
    1,
  ]);
  expect(splitMovedStates(new Map(), shardOf, 10)).toEqual([]);
});
