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

/** Days with registrations, and how many. */
async function readRegistrations({ redis, redisPrefix }: Bridge): Promise<Record<string, number>> {
  const now = Date.now();
  const starts = startsBetween("day", now - 90 * dayMs, now, 100);
  const counts = await createAnalyticsReader(redis, redisPrefix).counts({ interval: "day", starts }, ["registered"]);
  const days = starts.map((start, index) => [new Date(start).toISOString(), counts[index]?.[0] ?? 0] as const);
  return Object.fromEntries(days.filter(([, count]) => count > 0));
}
const dayOf = (at: number) => new Date(startOf("day", at)).toISOString();

/** An update, recent, of a user that Clerk made long ago. */
function tellOld(createdAt: number): ClerkMessage {
  const now = Date.now();
  return writeMessage("user.updated", { ...clerkUserJson(makeUser(), now), created_at: createdAt }, now);
}

const createdAt = Number(clerkUserJson(makeUser(), 0)["created_at"]);

test("each new user counts once, on the day of creation, whatever messages tell of it", async () => {
  const users = Array.from({ length: 5 }, () => makeUser());
  const told = users.flatMap((user) => [
    userMessage("user.updated", { ...user, lastName: "Byron" }, 2).message,
    userMessage("user.created", user, 1).message,
    userMessage("user.updated", { ...user, lastName: "King" }, 3).message,
  ]);
  const longAgo = createdAt - 20 * dayMs;
  const old = tellOld(longAgo);
  const beforeWhatIsKept = tellOld(createdAt - 200 * dayMs);
  await sendAll(api.url, [...told, old, beforeWhatIsKept]);
  await bridge.waitUntilIdle();
  await sendAll(api.url, [...told.toReversed(), old]);
  await bridge.waitUntilIdle();
  expect(await readRegistrations(bridge)).toEqual({ [dayOf(createdAt)]: 5, [dayOf(longAgo)]: 1 });
});

async function killAt(step: "committed" | "completed", meanwhile: () => Promise<void>): Promise<void> {
  await worker.stop();
  worker = await bridge.startPausableWorker(step);
  worker.signal("SIGUSR2");
  await worker.waitUntilLogged("armed");
  await sendAll(api.url, [userMessage("user.created", makeUser(), 1).message]);
  await worker.waitUntilLogged("halted");
  await meanwhile();
  await worker.kill();
  worker = await bridge.startWorker();
  await bridge.waitUntilIdle();
}

test("a new user whom a worker had counted when it was killed counts once", async () => {
  const counted = (await readRegistrations(bridge))[dayOf(createdAt)] ?? 0;
  await killAt("completed", async () => {});
  expect((await readRegistrations(bridge))[dayOf(createdAt)]).toBe(counted + 1);
});

test("a new user whom a worker could not count before it was killed is counted by the next one", async () => {
  await killAt("committed", async () => {
    // As if the count had not come through.
    const keys = await bridge.redis.keys(`{${bridge.redisPrefix}:analytics}:*`);
    await bridge.redis.unlink(...keys);
  });
  expect(await readRegistrations(bridge)).toEqual({ [dayOf(createdAt)]: 1 });
});
