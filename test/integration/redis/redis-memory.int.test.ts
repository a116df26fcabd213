import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import {
  expectedUsers,
  makeUser,
  messagesOf,
  userMessage,
  type UserMessage,
} from "../../support/clerk/clerk-messages.ts";
import { send, sendAll } from "../../support/clerk/send-webhook.ts";
import { reserveRedis } from "../../support/private-servers.ts";

test("messages alone cannot fill Redis: above the share webhooks get 503, a worker drains the queue, and webhooks are accepted again", async () => {
  const { bridge } = await open();
  const api = await bridge.startApi({ REDIS_MAX_MEMORY_SHARE: "0.7" });
  await bridge.redis.config("SET", "maxmemory", "16mb");
  const usedShare = () => api.metric("bridge_redis_memory_used_ratio");
  await waitFor("the API knows the limit", async () => (await usedShare()) > 0);

  const user = { ...makeUser(), firstName: "x".repeat(20_000) };
  const sent: UserMessage[] = [];
  const refusals: { status: number; code: string | undefined }[] = [];
  const sendBurst = async (count: number) => {
    const burst = Array.from({ length: count }, (_, index) =>
      userMessage("user.updated", user, sent.length + index + 1),
    );
    const answers = await Promise.all(burst.map((message) => send(api.url, message.message)));
    sent.push(...burst.filter((_, index) => answers[index]?.status === 204));
    refusals.push(...answers.filter(({ status }) => status !== 204));
  };
  // What was accepted since the last reading may count twice until the next one, so the first refusal can come early.
  const isFull = async () => {
    await sendBurst(50);
    return refusals.length > 0 && (await usedShare()) > 0.6;
  };
  await waitFor("webhooks are refused above the share", isFull, { deadlineMs: 30_000, intervalMs: 1 });
  expect(new Set(refusals.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(["503 queue_full"]));
  expect(await usedShare()).toBeLessThan(0.85);
  expect(await api.metric("bridge_webhooks_rejected_total", { reason: "redis_full" })).toBeGreaterThan(0);
  expect((await api.readiness()).status).toBe(200);
  const doctor = await bridge.runCommand("doctor");
  expect(doctor.output).toMatch(/^. Redis memory: \d+ % of maxmemory/m);

  const worker = await bridge.startWorker();
  await bridge.waitUntilIdle();
  expect(await worker.logged("shard.dropped")).toEqual([]);
  await expectExactlyOnce(bridge, expectedUsers(sent));
});

test("a Redis that something else has filled is used again as soon as it has room, without loss or repeat", async () => {
  const { bridge } = await open();
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const history = makeHistory({ users: 8, seed: 5 });
  const messages = messagesOf(history);
  await sendAll(api.url, messages.slice(0, 10));
  await bridge.redis.config("SET", "maxmemory", "1");
  const refused = await Promise.all(messages.slice(10).map((message) => send(api.url, message)));
  expect(refused.map(({ status }) => status)).not.toContain(204);
  await waitFor("the worker is not ready", async () => (await worker.readiness()).status === 503);
  await bridge.redis.config("SET", "maxmemory", "0");
  await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
  const first = messages.slice(10, 11);
  for (const message of first)
    await waitFor("webhooks are accepted", async () => (await send(api.url, message)).status === 204);
  await sendAll(api.url, messages.slice(10));
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(history));
});

test.for(["allkeys-lru", "allkeys-random"])(
  "API and worker warn when they start with a Redis that evicts keys (%s)",
  async (policy) => {
    const { bridge } = await open();
    await bridge.redis.config("SET", "maxmemory-policy", policy);
    for (const program of await Promise.all([bridge.startApi(), bridge.startWorker()])) {
      const lines = await program.waitUntilLogged("redis.evicts");
      expect(lines.map((line) => line["policy"])).toEqual([policy]);
    }
  },
);

async function open(): Promise<{ bridge: Bridge }> {
  const redis = await reserveRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const bridge = await openBridge({ redisUrl: (await redis.start()).url });
  onTestFinished(() => bridge[Symbol.asyncDispose]());
  return { bridge };
}
