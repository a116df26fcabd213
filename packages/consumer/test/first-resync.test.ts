import { expect, test } from "vitest";
import { firstResync } from "../src/start-user-projection.ts";

const at = (low: bigint, high: bigint, committed?: bigint) => ({ partition: 0, low, high, committed });

test.for([
  ["an empty table", [at(0n, 9n)], false, "needed"],
  ["a table whose first resync did not complete", [at(0n, 9n, 5n)], false, "needed"],
  ["a position that Kafka still has", [at(3n, 9n, 3n)], true, "none"],
  ["a position at the end", [at(3n, 9n, 9n)], true, "none"],
  ["a new partition that Kafka has from its beginning", [at(3n, 9n, 5n), at(0n, 9n)], true, "none"],
  ["a position behind which events have expired", [at(6n, 9n, 5n)], true, "needed"],
  ["a new partition that has lost its beginning", [at(3n, 9n, 5n), at(1n, 9n)], true, "needed"],
  ["a position beyond the end of a restored topic", [at(0n, 9n, 12n)], true, "forced"],
] as const)("%s decides whether the state topic is read first", ([, positions, isComplete, expected]) => {
  expect(firstResync(positions, isComplete)).toBe(expected);
});
