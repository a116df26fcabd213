import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { expect, test } from "vitest";
import { createShardOf } from "./shard-of.ts";

test("a user's shard is the partition that kafkajs's default partitioner chooses for the user's id", () => {
  const partitioner = Partitioners.DefaultPartitioner();
  const partitionsOf = (count: number) =>
    Array.from({ length: count }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 1,
      replicas: [],
      isr: [],
    }));
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      (key, shards) => {
        const partition = partitioner({
          topic: "",
          partitionMetadata: partitionsOf(shards),
          message: { key, value: null },
        });
        expect(createShardOf(shards)(key)).toBe(partition);
      },
    ),
    { numRuns: 2_000 },
  );
});

// From the tests of Kafka's Java client (UtilsTest.testMurmur2).
test.for([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
] as const)("the hash of `%s` equals that of Kafka's Java client", ([key, hash]) => {
  expect(createShardOf(2 ** 31)(key)).toBe(hash & 0x7fffffff);
});

test("users are spread evenly over the shards", () => {
  const shardOf = createShardOf(6);
  const counts = Map.groupBy(
    Array.from({ length: 6_000 }, (_, at) => `user_${at}`),
    shardOf,
  );
  for (const users of counts.values()) expect(users.length).toBeGreaterThan(850);
  expect(counts.size).toBe(6);
});
