import { expect, test } from "vitest";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { ledgerKey, shardPrefix } from "../../../src/redis/keys.ts";
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
  expect(await worker.logged("reconciliation.shards_skipped")).toMatchObject([{ shards: [0] }]);
  expect(await worker.metric("bridge_reconciliation_skipped_shards")).toBe(1);

  await bridge.redis.del(ledger);
  await worker.waitUntilLogged("reconciliation.done", 3, 60_000);
  await clerk.expectAllPublished([stuck, other]);
  expect(await worker.metric("bridge_reconciliation_skipped_shards")).toBe(0);
});
