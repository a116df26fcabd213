import type { User } from "@clerk-kafka-bridge/events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startClerkEmulator } from "clerk-emulator";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { shardPrefix } from "../../../src/redis/keys.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { useUserApi } from "../../support/api/use-user-api.ts";
import {
  expectedUsers,
  makeUser,
  messagesOf,
  userMessage,
  type UserMessage,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { startRedisCluster, type RedisCluster } from "../../support/redis/start-redis-cluster.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import { send, sendAll } from "../../support/clerk/send-webhook.ts";
import { serviceSecret } from "../../support/api/tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const shards = 6;
const shardOf = createShardOf(shards);
const resources = new AsyncDisposableStack();
/** The final state of every user, according to the messages sent. */
const expected = new Map<string, User | undefined>();
let cluster: RedisCluster;
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;
let users: Awaited<ReturnType<typeof startClerkEmulator>>;

beforeAll(async () => {
  [users, cluster] = await Promise.all([startClerkEmulator(), startRedisCluster()]);
  resources.defer(() => users.stop());
  resources.use(cluster);
  bridge = resources.use(await openBridgeOnAllNodes());
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

test("webhooks are published exactly once with a Redis Cluster", async () => {
  const history = makeHistory({ users: 40, seed: 31 });
  expectUsersOf(history);
  await sendAll(api.url, messagesOf(shuffleWithRepeats(history, 32)));
  await bridge.waitUntilIdle();
  expect(await expectExactlyOnce(bridge, expected)).not.toEqual([]);
});

test("the commands work with a Redis Cluster, and `doctor` checks every master", async () => {
  await sendAll(api.url, [writeMessage("user.updated", { object: "user", id: "user_poison", first_name: 1 })]);
  await bridge.waitUntilIdle();
  expect((await bridge.runCommand("rebuild", "--yes")).reason).toBe("exit code 0");
  const [{ output: doctor }, { output: listed }] = await Promise.all([
    bridge.runCommand("doctor"),
    bridge.runCommand("dlq", "list"),
    worker.waitUntilLogged("ledger.missing", 2 * shards),
  ]);
  for (const port of cluster.ports) expect(doctor).toContain(`Redis appendonly at 127.0.0.1:${port}: yes`);
  expect(listed).toContain("1 in total");
  const [dropped, verified, reconciled] = await Promise.all([
    bridge.runCommand("dlq", "drop", "all", "--yes"),
    bridge.runCommand("verify"),
    bridge.runCommand("reconcile"),
  ]);
  expect(dropped.output).toContain("dropped");
  // The emulator does not have the users in the messages.
  expect(verified.reason).toBe("exit code 2");
  expect(reconciled.reason).toBe("exit code 0");
});

test("the user API, with rate limits, cache, audit trail, analytics and idempotency keys, works with a Redis Cluster", async () => {
  const ada = await useUserApi(bridge, api, worker);
  expect(ada.role).toBe("admin");
  expected.set(ada.id, ada);
});

test("no command used keys of several slots at once", async () => {
  expect([...(await cluster.errors()).keys()]).not.toContain("CROSSSLOT");
  for (const side of [api, worker]) expect(await side.output()).not.toMatch(/CROSSSLOT|same slot/);
});

test.for(["killed", "silent"] as const)(
  "while a Redis Cluster node is %s, only its shards get 503, within a second; afterwards all messages are published exactly once",
  async (how) => {
    const unavailableNode = await cluster.nodeOf(prefixOf(0));
    const nodes = await Promise.all(Array.from({ length: shards }, (_, shard) => cluster.nodeOf(prefixOf(shard))));
    const during = Array.from({ length: 24 }, () => userMessage("user.created", makeUser(), 1));
    const [rejected = [], accepted = []] = [true, false].map((isUnavailable) =>
      during.filter(({ userId }) => (nodes[shardOf(userId)] === unavailableNode) === isUnavailable),
    );
    if (how === "killed") await cluster.kill(unavailableNode);
    else cluster.freeze(unavailableNode);
    const sentAt = performance.now();
    const answers = await Promise.all(
      during.map(async ({ message, userId }) => {
        const { status } = await send(api.url, message);
        return { userId, status, inTime: performance.now() - sentAt < 1_000 };
      }),
    );
    expect(answers).toEqual(
      during.map((it) => ({ userId: it.userId, status: rejected.includes(it) ? 503 : 204, inTime: true })),
    );
    await waitFor("the accepted messages are published", async () => {
      const published = new Set((await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).map(({ key }) => key));
      return accepted.every(({ userId }) => published.has(userId));
    });
    for (const side of [api, worker]) {
      expect(await side.readiness()).toMatchObject({
        status: 503,
        body: { conditions: { redis: expect.any(String) } },
      });
    }

    if (how === "killed") await cluster.start(unavailableNode);
    else cluster.thaw(unavailableNode);
    await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
    await sendAll(api.url, messagesOf(during));
    await bridge.waitUntilIdle();
    expectUsersOf(during);
    await expectExactlyOnce(bridge, expected);
    for (const side of [api, worker]) expect(await side.output()).not.toContain("Unhandled");
  },
);

test.for(["silent", "killed"] as const)(
  "when a Redis Cluster node is %s, its replica takes over within 15 s and the bridge continues exactly once",
  async (how) => {
    const nodes = await Promise.all(Array.from({ length: shards }, (_, shard) => cluster.nodeOf(prefixOf(shard))));
    const [first] = nodes;
    // The replica of the first node has taken over by the second time.
    const lostNode = (how === "silent" ? first : nodes.find((node) => node !== first)) ?? 0;
    await cluster.addReplica(lostNode);
    const before = (await worker.logged("ledger.failed_over")).length;
    const during = Array.from({ length: 24 }, () => userMessage("user.created", makeUser(), 1));
    if (how === "killed") await cluster.kill(lostNode);
    else cluster.freeze(lostNode);
    const accepted = Promise.all(
      during.map(({ message }) =>
        waitFor("the message is accepted", async () => (await send(api.url, message)).status === 204, {
          deadlineMs: 15_000,
        }),
      ),
    );
    const published = waitFor(
      "the messages are published",
      async () => {
        const seen = new Set((await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).map(({ key }) => key));
        return during.every(({ userId }) => seen.has(userId));
      },
      { deadlineMs: 15_000 },
    );
    await Promise.all([accepted, published]);
    await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
    await bridge.waitUntilIdle();
    expectUsersOf(during);
    expect(await expectExactlyOnce(bridge, expected)).not.toEqual([]);
    // The node's last messages may be lost, so the failover must trigger a sweep.
    await worker.waitUntilLogged("ledger.failed_over", before + 1);
    if (how === "silent") cluster.thaw(lostNode);
  },
);

function expectUsersOf(history: readonly UserMessage[]): void {
  for (const [userId, user] of expectedUsers(history)) expected.set(userId, user);
}
const prefixOf = (shard: number) => shardPrefix(bridge.redisPrefix, shard);

/** The name decides which node serves which shard. One name in 243 would put all shards on one node. */
async function openBridgeOnAllNodes(): Promise<Bridge> {
  const variables = { CLERK_API_URL: users.url, CLERK_SECRET_KEY: users.secretKey, JWT_SECRET: serviceSecret };
  for (;;) {
    const opened = await openBridge({ redisUrl: cluster.redisUrl, shards, variables });
    const prefixes = Array.from({ length: shards }, (_, shard) => shardPrefix(opened.redisPrefix, shard));
    if (new Set(await Promise.all(prefixes.map(cluster.nodeOf))).size === cluster.nodes.length) return opened;
    await opened[Symbol.asyncDispose]();
  }
}
