import { expect, onTestFinished, test } from "vitest";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { expectedUsers, makeUser, userMessage, type UserMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { type PrivateServer, reserveRedis } from "../../support/private-servers.ts";
import { type Answer, send } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const unavailable: Answer = { status: 503, code: "queue_unavailable" };
const newUserMessage = () => userMessage("user.created", makeUser(), 1);

test("while Redis is down, webhooks get 503 within a second; afterwards they are accepted, and no accepted message is lost", async () => {
  const { bridge, redis } = await openWithOwnRedis();
  const server = await redis.start();
  const api = await bridge.startApi();
  const before = newUserMessage();
  expect((await send(api.url, before.message)).status).toBe(204);

  await server.kill();
  const during = Array.from({ length: 6 }, newUserMessage);
  for (const message of during) await expectUnavailableInTime(api, message);
  expect(await api.readiness()).toMatchObject({ status: 503, body: { status: "not ready" } });
  expect((await fetch(`${api.url}/livez`)).status).toBe(200);

  await redis.start();
  await expectAllPublished(bridge, api, [before, ...during]);
});

test("while Redis does not answer, webhooks get 503 within a second; afterwards they are accepted, and no accepted message is lost", async () => {
  const { bridge, redis } = await openWithOwnRedis();
  const server = await redis.start();
  const api = await bridge.startApi();
  const before = newUserMessage();
  expect((await send(api.url, before.message)).status).toBe(204);

  process.kill(server.pid, "SIGSTOP");
  const during = Array.from({ length: 6 }, newUserMessage);
  await Promise.all(during.map((message) => expectUnavailableInTime(api, message)));
  expect((await api.readiness()).status).toBe(503);

  process.kill(server.pid, "SIGCONT");
  await expectAllPublished(bridge, api, [before, ...during]);
});

test("the API starts while Redis is down and accepts webhooks once Redis is up", async () => {
  const { bridge, redis } = await openWithOwnRedis();
  const api = await bridge.startApiUnready();
  const message = newUserMessage();
  await expectUnavailableInTime(api, message);
  expect((await api.readiness()).status).toBe(503);

  await redis.start();
  await expectAllPublished(bridge, api, [message]);
});

async function openWithOwnRedis(): Promise<{
  bridge: Bridge;
  redis: PrivateServer<{ pid: number; kill: () => Promise<void> }>;
}> {
  const redis = await reserveRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const bridge = await openBridge({ redisUrl: `redis://127.0.0.1:${redis.port}` });
  onTestFinished(() => bridge[Symbol.asyncDispose]());
  return { bridge, redis };
}

async function expectUnavailableInTime(api: BridgeProcess, { message }: UserMessage): Promise<void> {
  const sentAt = performance.now();
  expect(await send(api.url, message)).toEqual(unavailable);
  expect(performance.now() - sentAt).toBeLessThan(1_000);
}

/** Sends all messages again, as Svix does with rejected ones, and lets a worker publish them. */
async function expectAllPublished(bridge: Bridge, api: BridgeProcess, messages: readonly UserMessage[]): Promise<void> {
  await api.waitUntilReady();
  for (const { message } of messages) {
    await waitFor("the message is accepted", async () => (await send(api.url, message)).status === 204);
  }
  await bridge.startWorker();
  await bridge.waitUntilIdle();
  expect(await expectExactlyOnce(bridge, expectedUsers(messages))).toHaveLength(messages.length);
}
