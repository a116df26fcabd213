import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ClaimedJob, ShardJobs } from "../../src/queue/shard-jobs.ts";
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

describe("a shard that has waited for its turn", () => {
  const more = [...jobs, { id: "2", messages: [] }];
  const drain = async (claimMore: ShardJobs["claimMore"]) => {
    const abort = new AbortController();
    const completed: string[][] = [];
    const released: string[][] = [];
    const idsOf = (of: readonly ClaimedJob[]) => of.map(({ id }) => id);
    let turns = 0;
    const { context, owned } = openShardInMemory({
      context: {
        takeTurn: async () => {
          turns += 1;
          return { hasWaited: true, [Symbol.dispose]: () => (turns -= 1) };
        },
      },
      jobs: {
        claim: async () => jobs,
        claimMore,
        completeAndClaim: async (done) => {
          completed.push(idsOf(done));
          abort.abort();
          return [];
        },
        release: async (of) => void released.push(idsOf(of)),
      },
    });
    const [drained] = await Promise.allSettled([drainShard(context, owned, abort.signal, () => {})]);
    return { drained, completed, released: released.flat(), turns };
  };

  test("processes the jobs that have come since with its own in one batch, and gives the turn back", async () => {
    expect(await drain(async () => more)).toEqual({
      drained: { status: "fulfilled", value: "released" },
      completed: [["1", "2"]],
      released: [],
      turns: 0,
    });
  });

  test("releases its jobs and gives the turn back when Redis refuses to claim more", async () => {
    const refused = new Error("Redis is unavailable");
    expect(await drain(() => Promise.reject(refused))).toEqual({
      drained: { status: "rejected", reason: refused },
      completed: [],
      released: ["1"],
      turns: 0,
    });
  });
});
