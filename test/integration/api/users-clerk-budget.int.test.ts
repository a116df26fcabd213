import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, inject, onTestFinished, test } from "vitest";
import { startClerkEmulator } from "clerk-emulator";
import { createClerkApi } from "../../../src/clerk/client/clerk-api.ts";
import { createFailFastRedis } from "../../../src/redis/create-redis.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const log = pino({ level: "silent" });

/** Clients of one Clerk instance that share one Redis, each as a process of its own would have it. */
async function open(clients: number, rateLimit: number) {
  const emulator = await startClerkEmulator();
  onTestFinished(() => emulator.stop());
  const user = emulator.dashboard.createUser({ email_address: ["ada@example.com"] });
  const redisPrefix = `test-${randomUUID()}`;
  const openClient = async () => {
    const redis = createFailFastRedis({ kind: "single", url: inject("redisUrl") }, log, 10_000);
    onTestFinished(() => redis.disconnect());
    await waitFor("Redis is connected", () => redis.status === "ready");
    const config = { secretKey: emulator.secretKey, apiUrl: emulator.url, rateLimit };
    return createClerkApi({ config, redis, redisPrefix, registry: new Registry(), log, now: Date.now });
  };
  const openClients = await Promise.all(Array.from({ length: clients }, openClient));
  const getUser = async (at: number, waitMs: number) => {
    await openClients[at % clients]?.read("users.get", ({ users }) => users.getUser(user.id), { waitMs });
  };
  return { getUser, redisPrefix };
}

test("all processes together make exactly as many Clerk calls as the rate limit allows", async () => {
  const { getUser } = await open(3, 30);
  const results = await Promise.allSettled(Array.from({ length: 60 }, (_, at) => getUser(at, 0)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(30);
  const rejected = results.filter(({ status }) => status === "rejected");
  expect(rejected).toHaveLength(30);
  expect(rejected[0]).toMatchObject({
    reason: { name: "ClerkUnavailableError", retryAfterMs: expect.any(Number) },
  });
});

test("a call that may wait proceeds when the current rate-limit window ends", async () => {
  const { getUser, redisPrefix } = await open(2, 10);
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  await redis.set(`${redisPrefix}:clerk:all`, 10, "PX", 700);
  const startedAt = performance.now();
  await Promise.all([getUser(0, 5_000), getUser(1, 5_000)]);
  expect(performance.now() - startedAt).toBeGreaterThan(600);
});
