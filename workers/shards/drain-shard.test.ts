import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { openShardInMemory } from "../../test/support/workers/shard-in-memory.ts";
import { drainShard } from "./drain-shard.ts";

const jobs = [{ id: "1", messages: [] }];

test("no batch starts during a rebalance, and the claimed jobs are released if the shard is lost in it", async () => {
  const gate = Promise.withResolvers<void>();
  const abort = new AbortController();
  const { context, owned, calls } = openShardInMemory({ context: { rebalanced: () => gate.promise } });
  const claiming = { ...owned, jobs: { ...owned.jobs, claim: async () => jobs } };
  const drained = drainShard(context, claiming, abort.signal, () => {});
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  expect(calls).toEqual([]);
  abort.abort();
  gate.resolve();
  expect(await drained).toBe("released");
  expect(calls).toEqual(["release"]);
});
