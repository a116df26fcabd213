import { expect, test } from "vitest";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { ledgerKey, shardPrefix, skippedShardsKey } from "../../../src/redis/keys.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";

test("a shard whose ledger stays unusable is reported and skipped, and compared as soon as it is usable again", async () => {
  await using clerk = await openClerkWithoutWebhooks();
  const { bridge, emulator } = clerk;
  const worker = await bridge.startWorker();
  const shardOf = createShardOf(bridge.shards);
  const users = clerk.createUsers(12);
  const [stuck = "", other = ""] = [0, 1].map((shard) => users.find((id) => shardOf(id) === shard) ?? "");
  await clerk.reconcile({ kind: "full" });
  await clerk.expectAllPublished();

  const ledger = ledgerKey(shardPrefix(bridge.redisPrefix, 0));
  await bridge.redis.multi().del(ledger).set(ledger, "no ledger").exec();
  emulator.dashboard.deleteUser(stuck);
  emulator.dashboard.deleteUser(other);
  const run = await clerk.reconcile({ kind: "full" });
  expect(run.result).toMatchObject({ skippedShards: [0], findings: { found: { deleted: 1 } } });
  expect(await worker.waitUntilLogged("reconciliation.shards_skipped")).toMatchObject([{ shards: [0] }]);
  expect(await worker.metric("bridge_reconciliation_skipped_shards")).toBe(1);

  await bridge.redis.del(ledger);
  await worker.waitUntilLogged("reconciliation.done", 3, 60_000);
  await clerk.expectAllPublished([stuck, other]);
  expect(await worker.metric("bridge_reconciliation_skipped_shards")).toBe(0);
});

test("the shards that a run skipped before its worker died are compared after the next run", async () => {
  await using clerk = await openClerkWithoutWebhooks();
  const { bridge } = clerk;
  const worker = await bridge.startWorker();
  await bridge.redis.sadd(skippedShardsKey(bridge.redisPrefix), 0);
  await clerk.reconcile();
  const isSkippedSweep = ({ reason }: Readonly<Record<string, unknown>>) => reason === "skipped_shards";
  await waitFor("the shard is swept", async () => (await worker.logged("reconciliation.done")).some(isSkippedSweep), {
    deadlineMs: 20_000,
  });
  expect(await bridge.redis.smembers(skippedShardsKey(bridge.redisPrefix))).toEqual([]);
});
