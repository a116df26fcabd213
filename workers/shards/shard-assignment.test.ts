import { expect, test } from "vitest";
import { createLogger } from "../../src/shared/logger.ts";
import { ShardAssignment } from "./shard-assignment.ts";

const createAssignment = () => new ShardAssignment(createLogger("test", "silent"), () => {});
const isOpen = async (assignment: ShardAssignment) =>
  Promise.race([assignment.rebalanced().then(() => true), new Promise((resolve) => setImmediate(resolve, false))]);

test("a follower gets the assignment made before it follows, and every later one", () => {
  const assignment = createAssignment();
  assignment.onAssigned(new Set([1, 2]));
  const seen: number[][] = [];
  assignment.follow((shards) => seen.push([...shards]));
  assignment.onAssigned(new Set([2]));
  assignment.onAssigned(new Set());
  expect(seen).toEqual([[1, 2], [2], []]);
});

test("shards wait from the start of a rebalance until the group assigns shards", async () => {
  const assignment = createAssignment();
  expect(await isOpen(assignment)).toBe(true);
  assignment.onRebalancing();
  expect(await isOpen(assignment)).toBe(false);
  assignment.onAssigned(new Set([1]));
  expect(await isOpen(assignment)).toBe(true);
});

test("a rebalance that begins during another releases the shards that wait for the first", async () => {
  const assignment = createAssignment();
  assignment.onRebalancing();
  const waiting = assignment.rebalanced();
  assignment.onRebalancing();
  await expect(waiting).resolves.toBeUndefined();
  expect(await isOpen(assignment)).toBe(false);
});
