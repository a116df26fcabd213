import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { pino } from "pino";
import { afterAll, beforeEach, expect, inject, test } from "vitest";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import type { State } from "../../../src/domain/state.ts";
import { rememberPending } from "../../../src/ledger/pending-changes.ts";
import { createShardLedger } from "../../../src/ledger/shard-ledger.ts";
import { createUserIndex, type UserIndex } from "../../../src/ledger/user-index.ts";
import { compareTexts, type UserOrder, userOrders } from "../../../src/ledger/user-order.ts";
import { createBlockingRedis } from "../../../src/redis/create-redis.ts";
import { indexKey, pendingChangesKey, shardPrefix } from "../../../src/redis/keys.ts";
import { redisAddressSchema } from "../../../src/redis/redis-address.ts";
import { type OwnedLedgers, ownLedgers } from "../../support/redis/ledgers.ts";

const redis = createBlockingRedis(redisAddressSchema.parse(inject("redisUrl")), pino({ level: "silent" }));
afterAll(() => redis.disconnect());

const shards = 3;
const shardOf = createShardOf(shards);
const roles = ["admin", "user", "user:x", "ädmin|", ""] as const;
let redisPrefix: string;
let ledgers: OwnedLedgers;
let index: UserIndex;

async function openIndex() {
  redisPrefix = `test-${randomUUID()}`;
  ledgers = await ownLedgers(redis, redisPrefix, shards);
  index = createUserIndex({ redis, redisPrefix, shards, shardOf });
}
beforeEach(openIndex);

const prefixOf = (userId: string) => shardPrefix(redisPrefix, shardOf(userId));
const remember = (userId: string, state: State) => rememberPending(redis, prefixOf(userId), userId, state);

function present(
  id: string,
  changes: { role?: string; createdAt?: number; version?: number; firstName?: string; email?: string } = {},
) {
  const { role = "user", createdAt = 1, version = 1, firstName = "Ada", email = `${id}@example.com` } = changes;
  const user = { id, firstName, lastName: "", username: "", emailAddress: [email], role };
  return { status: "present", user, createdAt, version, readAt: 0, sequence: 1 } satisfies State;
}
const deleted: State = { status: "deleted", sequence: 2 };

async function open(role: string | undefined, order: UserOrder = "createdAt") {
  const opened = await index.open(role, order);
  if (opened === undefined) throw new Error("the index is incomplete");
  return opened;
}

/** All users with the role, page by page. */
async function listAll(
  role: string | undefined,
  descending: boolean,
  limit: number,
  order: UserOrder = "createdAt",
): Promise<string[]> {
  const users = await open(role, order);
  const ids: string[] = [];
  for (let offset = 0; offset < users.count; offset += limit) {
    ids.push(...(await users.page({ offset, limit, descending })).map(({ user }) => user.id));
  }
  expect(await users.page({ offset: users.count, limit, descending })).toEqual([]);
  return ids;
}

async function scanAll(role: string | undefined, text?: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const states of (await open(role)).scan(text)) ids.push(...states.map(({ user }) => user.id));
  return ids;
}

const userId = fc.integer({ min: 0, max: 25 }).map((number) => `user_${number}`);
const change = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      role: fc.constantFrom(...roles),
      createdAt: fc.nat({ max: 20 }),
      firstName: fc.constantFrom("Ada", "ada", "Ada Lee", "Ada1", "Émile", "Zo:e|", "\u{fffd}", "\u{1f600}", ""),
      email: fc.constantFrom("a@example.co", "A@example.co.uk", "1@example.com", ""),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom("deleted" as const, "moved" as const) },
);
const changes = fc.array(fc.record({ userId, change, isPending: fc.boolean() }), { maxLength: 80 });

type Present = ReturnType<typeof present>;
const padded = (number: number) => String(number).padStart(3, "0");
const keyOf: Readonly<Record<UserOrder, (state: Present) => string>> = {
  createdAt: ({ createdAt }) => padded(createdAt),
  updatedAt: ({ version }) => padded(version),
  name: ({ user }) => user.firstName.toLowerCase().replace("é", "e").replace("|", " "),
  email: ({ user }) => user.emailAddress.join("").toLowerCase(),
};

test("lists of every role are those of the last states, in every order, with every history and pending changes", async () => {
  await fc.assert(
    fc.asyncProperty(changes, fc.integer({ min: 1, max: 9 }), async (history, limit) => {
      await openIndex();
      const expected = new Map<string, Present>();
      const deletedUsers = new Set<string>();
      for (const [version, { userId: id, change: kind, isPending: isOnlyPending }] of history.entries()) {
        const state = kind === "deleted" ? deleted : kind === "moved" ? undefined : present(id, { ...kind, version });
        if (isOnlyPending && state?.status === "present") {
          await remember(id, state);
          // Nothing but a restoration, which is no pending change, follows a deletion.
          if (!deletedUsers.has(id)) expected.set(id, state);
          continue;
        }
        await ledgers.apply(new Map([[id, state]]));
        if (state?.status === "present") expected.set(id, state);
        else expected.delete(id);
        if (kind === "deleted") deletedUsers.add(id);
        else deletedUsers.delete(id);
      }
      for (const role of [...roles, undefined]) {
        const users = [...expected.values()].filter(({ user }) => role === undefined || user.role === role);
        expect((await scanAll(role)).toSorted()).toEqual(users.map(({ user }) => user.id).toSorted());
        // Users of all roles are counted and scanned, and never paged.
        if (role === undefined) continue;
        for (const order of userOrders) {
          const key = keyOf[order];
          const sorted = users
            .toSorted((a, b) => compareTexts(key(a), key(b)) || compareTexts(a.user.id, b.user.id))
            .map(({ user }) => user.id);
          expect((await open(role, order)).count).toBe(sorted.length);
          expect(await listAll(role, false, limit, order)).toEqual(sorted);
          expect(await listAll(role, true, limit, order)).toEqual(sorted.toReversed());
        }
      }
    }),
    { numRuns: 40 },
  );
});

const isPending = async (id: string) => (await redis.hexists(pendingChangesKey(prefixOf(id)), id)) === 1;

test("a pending change is forgotten when the ledger has it or a newer one, and not before", async () => {
  await remember("user_1", present("user_1", { version: 5, role: "admin" }));
  await ledgers.apply(new Map([["user_1", present("user_1", { version: 4 })]]));
  expect(await listAll("admin", true, 9)).toEqual(["user_1"]);
  expect(await listAll("user", true, 9)).toEqual([]);
  await ledgers.apply(new Map([["user_1", present("user_1", { version: 5 })]]));
  expect(await isPending("user_1")).toBe(false);
  expect(await listAll("user", true, 9)).toEqual(["user_1"]);
});

test("a pending change that the ledger had before does not show", async () => {
  await ledgers.apply(new Map([["user_1", present("user_1", { version: 9 })]]));
  await remember("user_1", present("user_1", { version: 8, role: "admin" }));
  expect(await listAll("admin", true, 9)).toEqual([]);
});

test("of two pending changes of a user the newer one shows, whichever comes last", async () => {
  await remember("user_1", present("user_1", { version: 9, role: "admin" }));
  await remember("user_1", present("user_1", { version: 8 }));
  expect(await listAll("admin", true, 9)).toEqual(["user_1"]);
});

test("a user whose deletion is pending is in no list", async () => {
  await ledgers.apply(new Map([["user_1", present("user_1")]]));
  await remember("user_1", deleted);
  expect([(await open("user")).count, await listAll("user", true, 9), await scanAll("user")]).toEqual([0, [], []]);
});

test("a scan for a text finds the users that contain it, without case, and any character can be in it", async () => {
  const names = ["Zoë", 'say "hi"', "back\\slash", "SMITH", "Ada"];
  await ledgers.apply(new Map(names.map((firstName, at) => [`user_${at}`, present(`user_${at}`, { firstName })])));
  expect(await scanAll("user", "smith")).toEqual(["user_3"]);
  for (const [at, text] of ["zoë", 'y "h', "k\\s"].entries())
    expect(await scanAll("user", text)).toContain(`user_${at}`);
  expect(await scanAll("user", "nothing of it")).toEqual([]);
});

test.for(["lost", "short of a user"])(
  "an index that is %s makes the ledger incomplete for its owner and for lists",
  async (what) => {
    await ledgers.apply(new Map([["user_1", present("user_1")]]));
    const prefix = prefixOf("user_1");
    if (what === "lost") await redis.del(indexKey(prefix));
    else await redis.zrem(indexKey(prefix), ...(await redis.zrange(indexKey(prefix), 0, "0")));
    expect(await index.open("user", "createdAt")).toBeUndefined();
    expect(await ledgers.check("user_1")).toBe("lost");
    await expect(ledgers.apply(new Map([["user_1", deleted]]))).rejects.toThrow("lost");
    const ledger = createShardLedger(redis, prefix);
    const seen = await ledger.inspect();
    expect(seen).toMatchObject({ checkpoint: "incomplete" });
    const next = { barrier: 9n, barrierId: "next", cluster: "cluster" };
    expect(await ledger.claim(seen, next, "reuse")).toBe(false);
    expect(await ledger.claim(seen, next, "rebuild")).toBe(true);
  },
);

test("an index that is being rebuilt is incomplete until the ledger has the owner's barrier", async () => {
  await ledgers.apply(new Map([["user_1", present("user_1")]]));
  const ledger = createShardLedger(redis, prefixOf("user_1"));
  const claimed = { barrier: 9n, barrierId: "next", cluster: "cluster" };
  expect(await ledger.claim(await ledger.inspect(), claimed, "rebuild")).toBe(true);
  expect(await redis.exists(indexKey(prefixOf("user_1")))).toBe(0);
  expect(await index.open("user", "createdAt")).toBeUndefined();
});
