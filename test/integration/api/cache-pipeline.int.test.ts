import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageGenerationKey } from "../../../src/redis/keys.ts";
import { type UserCache, createUserCache, createUserMetrics } from "../../../src/api/users/user-cache.ts";
import { Registry } from "prom-client";
import type { ApiUser } from "../../../src/api/users/user-schemas.ts";
import { type Bridge, openBridge, type PausableWorker } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { makeUser, deletionMessage, userMessage } from "../../support/clerk/clerk-messages.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

const resources = new AsyncDisposableStack();
let bridge: Bridge;
let api: BridgeProcess;
let worker: PausableWorker;
let cache: UserCache;

beforeAll(async () => {
  bridge = resources.use(await openBridge({ shards: 1 }));
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startPausableWorker("applied")]);
  cache = createUserCache({
    redis: bridge.redis,
    redisPrefix: bridge.redisPrefix,
    config: { ttlMs: 60_000 },
    metrics: createUserMetrics(new Registry()),
    log: pino({ level: "silent" }),
  });
});
afterAll(() => resources.disposeAsync());

const time = "2026-01-01T00:00:00.000Z";
/** The last names in the cached user and page; "loaded" on a miss. */
const cached = async (id: string) => {
  const user: ApiUser = { ...makeUser({ id, lastName: "loaded" }), createdAt: time, updatedAt: time };
  const page = await cache.page("page=1", async () => ({ users: [user], totalCount: 1 }));
  return [(await cache.user(id, async () => user))?.lastName, page.users[0]?.lastName];
};
const fill = async (id: string) => {
  await cache.invalidate([id]);
  const user: ApiUser = { ...makeUser({ id, lastName: "cached" }), createdAt: time, updatedAt: time };
  await cache.user(id, async () => user);
  await cache.page("page=1", async () => ({ users: [user], totalCount: 1 }));
  expect(await cached(id)).toEqual(["cached", "cached"]);
};

test("a change through the pipeline invalidates its user and all pages, but no other user", async () => {
  const [changed, other] = [makeUser(), makeUser()];
  await sendAll(api.url, [userMessage("user.created", changed, 1).message]);
  await bridge.waitUntilIdle();
  await fill(other.id);
  for (const { message } of [
    userMessage("user.updated", { ...changed, role: "admin" }, 2),
    deletionMessage(changed.id),
  ]) {
    await fill(changed.id);
    await sendAll(api.url, [message]);
    await bridge.waitUntilIdle();
    expect(await cached(changed.id)).toEqual(["loaded", "loaded"]);
  }
  expect((await cached(other.id))[0]).toBe("cached");
});

test("a failed cache invalidation is counted and does not fail the batch", async () => {
  const generation = pageGenerationKey(bridge.redisPrefix);
  await bridge.redis.multi().del(generation).rpush(generation, "not a number").exec();
  const user = makeUser();
  await sendAll(api.url, [userMessage("user.created", user, 1).message]);
  await bridge.waitUntilIdle();
  await bridge.redis.del(generation);
  expect((await bridge.readLedger()).get(user.id)).toEqual(user);
  expect(await worker.metric("bridge_batch_side_effects_failed_total")).toBe(1);
  expect(await worker.metric("bridge_shard_drops_total")).toBe(0);
});

test("the next worker repeats the cache invalidation that a killed worker missed", async () => {
  const user = makeUser();
  await worker.arm();
  await sendAll(api.url, [userMessage("user.created", user, 1).message]);
  await worker.waitUntilLogged("halted");
  // As if the invalidation had failed.
  await fill(user.id);
  await worker.kill();
  await bridge.startWorker();
  await bridge.waitUntilIdle();
  expect(await cached(user.id)).toEqual(["loaded", "loaded"]);
});
