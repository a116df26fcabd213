import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { send, sendAll } from "../../support/clerk/send-webhook.ts";
import { reserveRedis } from "../../support/private-servers.ts";
import { countJobs } from "../../support/redis/count-jobs.ts";
import { readLedger } from "../../support/redis/read-ledger.ts";
import { openMovingAddress } from "../../support/redis/moving-address.ts";

const deadlineMs = 15_000;

test.for(["the old server becomes a replica", "the old server falls silent"] as const)(
  "API and worker follow a failover behind one address within 15 s, when %s",
  async (how) => {
    await using resources = new AsyncDisposableStack();
    const [old, next] = await Promise.all([reserveRedis(), reserveRedis()]);
    resources.use(old);
    resources.use(next);
    const [oldServer, nextServer] = [await old.start(), await next.start()];
    const control = { old: new Redis(oldServer.url), next: new Redis(nextServer.url) };
    for (const redis of Object.values(control)) {
      redis.on("error", () => {}); // At the end its server stops.
      resources.defer(() => redis.disconnect());
    }
    await control.next.replicaof("127.0.0.1", old.port);
    await waitFor("the replica is in sync", async () =>
      (await control.next.info("replication")).includes("master_link_status:up"),
    );
    const address = resources.use(await openMovingAddress(old.port));
    const bridge = resources.use(await openBridge({ redisUrl: `redis://127.0.0.1:${address.port}` }));
    const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
    const history = makeHistory({ users: 8, seed: 12 });
    const messages = messagesOf(history);
    const half = Math.floor(messages.length / 2);
    await sendAll(api.url, messages.slice(0, half));
    await bridge.waitUntilIdle();
    const owned = (await worker.logged("shard.owned")).length;

    await control.next.replicaof("NO", "ONE");
    address.moveTo(next.port);
    if (how === "the old server falls silent") address.silence();
    else await control.old.replicaof("127.0.0.1", next.port);

    const [first] = messages.slice(half);
    if (first === undefined) throw new Error("no message");
    await waitFor("the API accepts", async () => (await send(api.url, first)).status === 204, { deadlineMs });
    await Promise.all([
      sendAll(api.url, messages.slice(half)),
      // The replication id of the new master tells every shard that messages may be lost.
      worker.waitUntilLogged("shard.owned", owned + bridge.shards, deadlineMs),
    ]);
    await waitFor(
      "both are ready",
      async () => (await api.readiness()).status + (await worker.readiness()).status === 400,
      {
        deadlineMs,
      },
    );
    const { redisPrefix, shards } = bridge;
    await waitFor("no job is left", async () => (await countJobs(control.next, redisPrefix, shards)) === 0, {
      deadlineMs,
    });
    const ownedAgain = await worker.waitUntilLogged("shard.owned", owned + bridge.shards);
    expect(ownedAgain.length).toBeGreaterThanOrEqual(owned + bridge.shards);
    const readNext = () => readLedger(control.next, redisPrefix, shards);
    await expectExactlyOnce({ ...bridge, readLedger: readNext }, expectedUsers(history));
  },
);
