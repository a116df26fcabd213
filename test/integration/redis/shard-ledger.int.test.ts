import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { State } from "../../../src/domain/state.ts";
import { createLedgerView } from "../../../src/ledger/ledger-view.ts";
import { createShardLedger, forgetLedger, proofFields, type ShardLedger } from "../../../src/ledger/shard-ledger.ts";
import { createBlockingRedis } from "../../../src/redis/create-redis.ts";
import { ledgerKey, shardPrefix } from "../../../src/redis/keys.ts";
import { redisAddressSchema } from "../../../src/redis/redis-address.ts";

const redis = createBlockingRedis(redisAddressSchema.parse(inject("redisUrl")), pino({ level: "silent" }));
afterAll(() => redis.disconnect());

let prefix: string;
let key: string;
let ledger: ShardLedger;
/** The checkpoint of the owner, behind two users. */
const claimed = { barrier: 4n, barrierId: "barrier-4", offset: 8n };

beforeEach(async () => {
  prefix = shardPrefix(`test-${randomUUID()}`, 0);
  key = ledgerKey(prefix);
  ledger = createShardLedger(redis, prefix);
  await claim(4n, "rebuild");
  const states = [
    { userId: "user_1", offset: 6n, state: present("user_1", "Ada") },
    { userId: "user_2", offset: 7n, state: present("user_2", "Grace") },
  ];
  await ledger.apply({ ...claimed, offset: 0n }, { offset: 8n, last: "digest", states });
});

test("a ledger returns the states that were applied, and its checkpoint", async () => {
  const { states } = await readAll();
  expect([...states]).toEqual([
    ["user_1", present("user_1", "Ada")],
    ["user_2", present("user_2", "Grace")],
  ]);
  const checkpoint = { barrier: 4n, barrierId: "barrier-4", cluster: "cluster", offset: 8n, last: "digest" };
  expect(await ledger.inspect()).toMatchObject({ claimedBy: "barrier-4", checkpoint, failedOver: false });
});

test("a ledger that does not exist is missing, and not incomplete", async () => {
  await forgetLedger(redis, prefix);
  expect(await ledger.inspect()).toMatchObject({ claimedBy: "", checkpoint: "missing" });
  expect(await ledger.read(claimed, ["user_1"])).toEqual({ outcome: "lost" });
});

describe.for(["user_1", ...proofFields])("a ledger without its field `%s`", (field) => {
  beforeEach(async () => void (await redis.hdel(key, field)));

  test("is lost for its owner, who reads and applies nothing", async () => {
    const before = await redis.hgetall(key);
    expect(await ledger.read(claimed, [])).toEqual({ outcome: "lost" });
    expect(await ledger.read(claimed, ["user_2"])).toEqual({ outcome: "lost" });
    expect(await applyUser("user_2", 9n)).toEqual({ outcome: "lost" });
    expect(await redis.hgetall(key)).toEqual(before);
  });

  test("is incomplete for the next owner, who can only rebuild it", async () => {
    expect(await ledger.inspect()).toMatchObject({ checkpoint: "incomplete" });
    expect(await claim(20n, "reuse")).toBe(false);
    expect(await claim(20n, "rebuild")).toBe(true);
    expect(await ledger.inspect()).toMatchObject({ checkpoint: { barrier: 20n, offset: 0n, last: "" } });
  });

  test("is incomplete for other processes", async () => {
    expect((await createLedgerView(redis, prefix).read(["user_2"])).complete).toBe(false);
  });
});

test("an entry that cannot be decoded is lost, and the ledger with it", async () => {
  await redis.hset(key, "user_1", "6|no JSON");
  expect(await ledger.read(claimed, ["user_2", "user_1"])).toEqual({ outcome: "lost" });
  expect(await ledger.inspect()).toMatchObject({ checkpoint: "missing" });
});

test("an owner whose checkpoint is not the stored one reads and applies nothing", async () => {
  const behind = { ...claimed, offset: 7n };
  expect(await ledger.read(behind, ["user_1"])).toEqual({ outcome: "lost" });
  expect(await applyUser("user_1", 9n, behind)).toEqual({ outcome: "lost" });
  expect((await readAll()).states.get("user_1")).toEqual(present("user_1", "Ada"));
});

test("an owner is superseded by a claim of a later one, and only by a later one", async () => {
  expect(await claim(20n, "reuse")).toBe(true);
  expect(await ledger.read(claimed, ["user_1"])).toEqual({ outcome: "superseded" });
  expect(await applyUser("user_1", 9n)).toEqual({ outcome: "superseded" });
  expect(await ledger.read({ barrier: 21n, barrierId: "barrier-21", offset: 8n }, [])).toEqual({ outcome: "lost" });
  expect((await ledger.read({ barrier: 20n, barrierId: "barrier-20", offset: 8n }, ["user_1"])).outcome).toBe("read");
});

test("a claim of another owner with its barrier at the same offset is not this owner's", async () => {
  const own = { ...claimed, barrierId: "barrier of the topic that was created again" };
  expect(await ledger.read(own, ["user_1"])).toEqual({ outcome: "lost" });
  expect(await applyUser("user_1", 9n, own)).toEqual({ outcome: "lost" });
  expect((await readAll()).states.get("user_1")).toEqual(present("user_1", "Ada"));
});

test("a ledger that another owner claimed since it was inspected cannot be claimed, with its barrier at the same offset too", async () => {
  const seen = await ledger.inspect();
  await ledger.claim(seen, { barrier: 4n, barrierId: "another barrier", cluster: "cluster" }, "rebuild");
  const own = { barrier: 5n, barrierId: "barrier-5", cluster: "cluster" };
  expect(await ledger.claim(seen, own, "rebuild")).toBe(false);
});

test("of two owners that inspected the same ledger, one claims it", async () => {
  const seen = await ledger.inspect();
  const claims = [20n, 22n].map((barrier) =>
    ledger.claim(seen, { barrier, barrierId: `barrier-${barrier}`, cluster: "cluster" }, "reuse"),
  );
  expect(await Promise.all(claims)).toEqual([true, false]);
});

test("a state replaces only a state of a lower offset", async () => {
  await applyUser("user_1", 5n);
  expect((await readAll(9n)).states.get("user_1")).toEqual(present("user_1", "Ada"));
});

test("a user who has left the shard is deleted, and the ledger stays whole", async () => {
  const states = [{ userId: "user_1", offset: 8n, state: undefined }];
  expect(await ledger.apply(claimed, { offset: 9n, last: "moved", states })).toEqual({ outcome: "applied" });
  expect((await readAll(9n)).states.has("user_1")).toBe(false);
  expect(await ledger.inspect()).toMatchObject({ checkpoint: { offset: 9n, last: "moved" } });
  expect(await createLedgerView(redis, prefix).count()).toBe(1);
});

describe("a view of a ledger", () => {
  test("has the users, and not the proof", async () => {
    const view = createLedgerView(redis, prefix);
    const scanned: string[] = [];
    for await (const entries of view.scan()) scanned.push(...entries.map(({ userId }) => userId));
    expect(scanned.toSorted()).toEqual(["user_1", "user_2"]);
    expect(await view.count()).toBe(2);
    expect(await view.read(["user_1", "user_3"])).toEqual({
      complete: true,
      states: new Map([["user_1", present("user_1", "Ada")]]),
    });
  });

  test("scans the ids of users that are not deleted", async () => {
    const deleted = { userId: "user_1", offset: 8n, state: { status: "deleted", sequence: 2 } } as const;
    await ledger.apply(claimed, { offset: 9n, last: "deleted", states: [deleted] });
    const scanned: string[] = [];
    for await (const userIds of createLedgerView(redis, prefix).scanPresent()) scanned.push(...userIds);
    expect(scanned).toEqual(["user_2"]);
  });

  test("of no ledger is empty and incomplete", async () => {
    await forgetLedger(redis, prefix);
    const view = createLedgerView(redis, prefix);
    expect(await view.count()).toBe(0);
    expect(await view.read(["user_1"])).toEqual({ complete: false, states: new Map() });
  });
});

function present(id: string, firstName: string): State {
  const user = { id, firstName, lastName: "", username: "", emailAddress: [], role: "user" };
  return { status: "present", user, createdAt: 1, version: 2, readAt: 0, sequence: 1 };
}

async function claim(barrier: bigint, states: "reuse" | "rebuild"): Promise<boolean> {
  return ledger.claim(await ledger.inspect(), { barrier, barrierId: `barrier-${barrier}`, cluster: "cluster" }, states);
}

const applyUser = (userId: string, offset: bigint, by = claimed) =>
  ledger.apply(by, { offset: 9n, last: "next", states: [{ userId, offset, state: present(userId, "Later") }] });

async function readAll(offset = claimed.offset) {
  const read = await ledger.read({ ...claimed, offset }, ["user_1", "user_2"]);
  if (read.outcome !== "read") throw new Error(`not read: ${read.outcome}`);
  return read;
}
