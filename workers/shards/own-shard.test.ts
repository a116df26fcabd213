import { describe, expect, test } from "vitest";
import { StartUpError } from "../../src/shared/errors.ts";
import { openShardInMemory } from "../../test/support/workers/shard-in-memory.ts";
import { ownShard, SupersededError } from "./own-shard.ts";

const { signal } = new AbortController();

test("a shard is fenced before its ledger is inspected, and restored before abandoned jobs are requeued", async () => {
  const { context, calls } = openShardInMemory();
  await ownShard(context, 0, signal);
  expect(calls).toEqual([
    "confirm layout",
    "fence",
    "confirm layout",
    "inspect",
    "ledger loss",
    "claim",
    "restore",
    "requeue",
  ]);
});

test("a shard layout that changes before the fence is noticed behind it, and nothing is claimed", async () => {
  const { calls, context } = openShardInMemory();
  const confirmShardLayout = async () => {
    if (calls.includes("fence")) throw new StartUpError("a reshard is announced");
  };
  await expect(ownShard({ ...context, confirmShardLayout }, 0, signal)).rejects.toThrow("a reshard is announced");
  expect(calls).toEqual(["fence", "close publisher", "close jobs"]);
});

test("a shard whose ledger another owner claims first is closed again", async () => {
  const { calls, context } = openShardInMemory({ ledger: { claim: async () => false } });
  await expect(ownShard(context, 0, signal)).rejects.toThrow(SupersededError);
  expect(calls).toContain("close publisher");
  expect(calls).not.toContain("requeue");
});

describe("a missing ledger", () => {
  test("counts as a loss when the shard has published before, and is reported before the ledger is claimed", async () => {
    const { calls, context } = openShardInMemory();
    await ownShard(context, 0, signal);
    expect(calls.filter((call) => call === "ledger loss" || call === "claim")).toEqual(["ledger loss", "claim"]);
  });

  test("is no loss in a new shard", async () => {
    const { calls, context } = openShardInMemory({ publisher: { barrier: { offset: 0n, id: "barrier-0" } } });
    await ownShard(context, 0, signal);
    expect(calls).not.toContain("ledger loss");
  });
});
