import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { reserveKafka, reserveRedis } from "../../support/private-servers.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const readinessSchema = z.object({
  status: z.enum(["ready", "not ready"]),
  conditions: z.record(z.string(), z.union([z.literal(true), z.string()])),
});
let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const earlier = makeHistory({ users: 10, seed: 8 });
const later = makeHistory({ users: 10, seed: 9 });
const all = [...earlier, ...later];

test("a worker is not ready while Redis does not answer, and recovers when it does", async () => {
  const redis = resources.use(await reserveRedis());
  const server = await redis.start();
  const bridge = resources.use(await openBridge({ redisUrl: `redis://127.0.0.1:${redis.port}` }));
  const { api, worker } = await startWith(bridge);
  process.kill(server.pid, "SIGSTOP");
  await waitUntilUnready(worker, "redis");
  process.kill(server.pid, "SIGCONT");
  expect(await expectRecovered(bridge, api, worker)).toMatchObject({ status: 200 });
});

test("a worker is not ready while Redis is down, and recovers when it is back", async () => {
  const redis = resources.use(await reserveRedis());
  const server = await redis.start();
  const bridge = resources.use(await openBridge({ redisUrl: `redis://127.0.0.1:${redis.port}` }));
  const { api, worker } = await startWith(bridge);
  await server.kill();
  await waitUntilUnready(worker, "redis");
  await redis.start();
  await api.waitUntilReady();
  expect(await expectRecovered(bridge, api, worker)).toMatchObject({ status: 200 });
});

test("a worker is not ready while Kafka is frozen or down; webhooks are accepted then and published afterwards", async () => {
  const kafka = resources.use(await reserveKafka());
  const server = await kafka.start();
  const bridge = resources.use(
    await openBridge({
      kafkaBrokers: [`127.0.0.1:${kafka.port}`],
      variables: { KAFKA_TRANSACTION_TIMEOUT_MS: "3000" },
    }),
  );
  const { api, worker } = await startWith(bridge);
  process.kill(server.pid, "SIGSTOP");
  await sendAll(api.url, messagesOf(later.slice(0, 10)));
  await waitUntilUnready(worker, "kafka");

  await server.kill();
  await sendAll(api.url, messagesOf(later.slice(10)));
  expect((await worker.readiness()).status).toBe(503);

  await kafka.start();
  expect(await expectRecovered(bridge, api, worker)).toMatchObject({ status: 200 });
});

test("a worker starts while Kafka and Redis are down, and works once they are up", async () => {
  const redis = resources.use(await reserveRedis());
  const kafka = resources.use(await reserveKafka());
  const bridge = resources.use(
    await openBridge({ redisUrl: `redis://127.0.0.1:${redis.port}`, kafkaBrokers: [`127.0.0.1:${kafka.port}`] }),
  );
  const [api, worker] = await Promise.all([bridge.startApiUnready(), bridge.startWorkerUnready()]);
  await waitUntilUnready(worker, "redis");
  await waitUntilUnready(worker, "kafka");
  await Promise.all([kafka.start(), redis.start()]);
  await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
  expect(await expectRecovered(bridge, api, worker)).toMatchObject({ status: 200 });
});

test("a stalled shard makes its worker unready with a reason, and does not block other shards", async () => {
  const bridge = resources.use(await openBridge());
  const { api, worker } = await startWith(bridge);
  const states = `{${bridge.redisPrefix}:0}:ledger`;
  await bridge.redis.rename(states, `${states}-aside`);
  await bridge.redis.set(states, "not a ledger");
  await sendAll(api.url, messagesOf(later));
  await waitUntilUnready(worker, "shards", /^0: stalled, last dropped: WRONGTYPE /);
  await waitFor("the other shard has no jobs left", async () => (await bridge.countJobsOf(1)) === 0);

  await bridge.redis.rename(`${states}-aside`, states);
  expect(await expectRecovered(bridge, api, worker)).toMatchObject({ status: 200 });
});

async function startWith(bridge: Bridge): Promise<{ api: BridgeProcess; worker: BridgeProcess }> {
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await sendAll(api.url, messagesOf(earlier));
  await bridge.waitUntilIdle();
  expect(await worker.readiness()).toMatchObject({ status: 200 });
  return { api, worker };
}

async function waitUntilUnready(worker: BridgeProcess, condition: string, reason = /./): Promise<void> {
  await waitFor(
    `the worker is not ready because of ${condition}`,
    async () => {
      const { status, body } = await worker.readiness();
      const { conditions } = readinessSchema.parse(body);
      return status === 503 && reason.test(String(conditions[condition])) && conditions[condition] !== true;
    },
    { deadlineMs: 30_000, intervalMs: 50 },
  );
}

/** Sends all messages again and checks that none is lost or repeated. Resolves with the worker's readiness. */
async function expectRecovered(bridge: Bridge, api: BridgeProcess, worker: BridgeProcess) {
  await sendAll(api.url, messagesOf(all));
  await bridge.waitUntilIdle(40_000);
  await worker.waitUntilReady();
  await expectExactlyOnce(bridge, expectedUsers(all));
  return worker.readiness();
}
