import { afterAll, beforeAll, expect, test } from "vitest";
import { startOf, startsBetween } from "../../../src/analytics/intervals.ts";
import { createAnalyticsReader } from "../../../src/analytics/analytics-reader.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import {
  type ClerkMessage,
  clerkUserJson,
  makeUser,
  userMessage,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

const dayMs = 86_400_000;
const resources = new AsyncDisposableStack();
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;

beforeAll(async () => {
  bridge = resources.use(await openBridge({ shards: 1 }));
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

/** The number of registrations of each day that has any. */
async function readRegistrations({ redis, redisPrefix }: Bridge): Promise<Record<string, number>> {
  const now = Date.now();
  const starts = startsBetween("day", now - 90 * dayMs, now, 100);
  const counts = await createAnalyticsReader(redis, redisPrefix).counts({ interval: "day", starts }, [
    "registered_by_webhook",
  ]);
  const days = starts.map((start, index) => [new Date(start).toISOString(), counts[index]?.[0] ?? 0] as const);
  return Object.fromEntries(days.filter(([, count]) => count > 0));
}
const dayOf = (at: number) => new Date(startOf("day", at)).toISOString();

/** A recent update of a user created long ago. */
function updateOfUserCreatedAt(createdAt: number): ClerkMessage {
  const now = Date.now();
  return writeMessage("user.updated", { ...clerkUserJson(makeUser(), now), created_at: createdAt }, now);
}

const createdAt = Number(clerkUserJson(makeUser(), 0)["created_at"]);

test("each new user counts once, on the day of creation, whatever messages report it", async () => {
  const users = Array.from({ length: 5 }, () => makeUser());
  const messages = users.flatMap((user) => [
    userMessage("user.updated", { ...user, lastName: "Byron" }, 2).message,
    userMessage("user.created", user, 1).message,
    userMessage("user.updated", { ...user, lastName: "King" }, 3).message,
  ]);
  const longAgo = createdAt - 20 * dayMs;
  const oldUserUpdate = updateOfUserCreatedAt(longAgo);
  const updateBeforeRetention = updateOfUserCreatedAt(createdAt - 200 * dayMs);
  await sendAll(api.url, [...messages, oldUserUpdate, updateBeforeRetention]);
  await bridge.waitUntilIdle();
  await sendAll(api.url, [...messages.toReversed(), oldUserUpdate]);
  await bridge.waitUntilIdle();
  expect(await readRegistrations(bridge)).toEqual({ [dayOf(createdAt)]: 5, [dayOf(longAgo)]: 1 });
});

async function killAt(step: "applied" | "completed", beforeKill: () => Promise<void>): Promise<void> {
  await worker.stop();
  const halting = await bridge.startPausableWorker(step);
  worker = halting;
  await halting.arm();
  await sendAll(api.url, [userMessage("user.created", makeUser(), 1).message]);
  await worker.waitUntilLogged("halted");
  await beforeKill();
  await worker.kill();
  worker = await bridge.startWorker();
  await bridge.waitUntilIdle();
}

test("a new user counts once if the worker is killed after counting it", async () => {
  const counted = (await readRegistrations(bridge))[dayOf(createdAt)] ?? 0;
  await killAt("completed", async () => {});
  expect((await readRegistrations(bridge))[dayOf(createdAt)]).toBe(counted + 1);
});

test("the next worker counts a new user that a killed worker did not count", async () => {
  // At this step the worker has counted, and its job is not completed.
  await killAt("applied", async () => {
    // As if the count had failed.
    const keys = await bridge.redis.keys(`{${bridge.redisPrefix}:analytics}:*`);
    await bridge.redis.unlink(...keys);
  });
  expect(await readRegistrations(bridge)).toEqual({ [dayOf(createdAt)]: 1 });
});
