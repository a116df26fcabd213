import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startClerkEmulator } from "clerk-emulator";
import type { User } from "../../../src/domain/user.ts";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { shardPrefix } from "../../../src/redis/keys.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { callApi } from "../../support/api/call-api.ts";
import {
  expectedUsers,
  makeUser,
  messagesOf,
  userMessage,
  type UserMessage,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { dumpRedis } from "../../support/redis/dump-redis.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory, shuffleWithRepeats } from "../../support/bridge/make-history.ts";
import { startRedisCluster, type RedisCluster } from "../../support/redis/start-redis-cluster.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import { send, sendAll } from "../../support/clerk/send-webhook.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";
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
  expect((await bridge.runCommand("rebuild")).reason).toBe("exit code 0");
  const [{ output: doctor }, { output: listed }] = await Promise.all([
    bridge.runCommand("doctor"),
    bridge.runCommand("dlq", "list"),
    worker.waitUntilLogged("ledger.missing", 2 * shards),
  ]);
  for (const port of cluster.ports) expect(doctor).toContain(`Redis appendonly at 127.0.0.1:${port}: yes`);
  expect(listed).toContain("1 in total");
  const [dropped, verified, reconciled] = await Promise.all([
    bridge.runCommand("dlq", "drop", "all"),
    bridge.runCommand("verify"),
    bridge.runCommand("reconcile"),
  ]);
  expect(dropped.output).toContain("dropped");
  // The emulator does not have the users in the messages.
  expect(verified.reason).toBe("exit code 2");
  expect(reconciled.reason).toBe("exit code 0");
});

test("the user API, with rate limits, cache, audit trail, analytics and idempotency keys, works with a Redis Cluster", async () => {
  const token = await signServiceToken();
  const call = async (line: string, body?: unknown, headers: Record<string, string> = {}) => {
    const options = { token, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const { status, body: answer } = await callApi(api.url, line, options);
    expect({ line, status, answer }).toEqual({
      line,
      status: expect.toBeOneOf([200, 201, 207]),
      answer: expect.anything(),
    });
    return answer;
  };
  const create = {
    firstName: "Ada",
    lastName: "Lovelace",
    username: "ada_l",
    emailAddress: ["ada@example.com"],
    password: "nanoseconds-of-wire",
  };
  const once = { "idempotency-key": "3f1c0a52-the-same-request" };
  const created = await call("POST /api/users", create, once);
  expect(await call("POST /api/users", create, once)).toEqual(created);
  const { id } = z.object({ id: z.string() }).parse(created);
  for (const line of [`GET /api/users/${id}`, "GET /api/users"]) await call(line);
  for (const line of [`GET /api/users/${id}`, "GET /api/users"]) await call(line);
  await call(`PUT /api/users/${id}/role`, { role: "admin" });
  await call("POST /api/users/batch", { operations: [{ type: "update", userId: id, user: { firstName: "Augusta" } }] });
  const session = { object: "session", id: "sess_1", user_id: id, last_active_at: Date.now() };
  await sendAll(api.url, [writeMessage("session.created", session)]);
  expect((await callApi(api.url, "GET /api/users", { token: "nonsense" })).status).toBe(403);
  const ada = await waitFor("every change of the user is published", async () => {
    const user = (await bridge.readLedger()).get(id);
    return user?.firstName === "Augusta" && user;
  });
  expect(ada.role).toBe("admin");
  expected.set(id, ada);

  expect(await api.metric("bridge_cache_reads_total", { outcome: "hit" })).toBe(2);
  expect(await api.metric("bridge_cache_reads_total", { outcome: "bypassed" })).toBe(0);
  expect(await call("GET /api/analytics/sessions")).toMatchObject({ totals: { signIns: 1 } });
  expect(await call("GET /api/analytics/registrations")).not.toMatchObject({ totals: { registrations: 0 } });
  expect(await call("GET /api/analytics/security-events")).toMatchObject({ totals: { tokensRejected: 1 } });
  expect(await call("GET /api/analytics/active-users?interval=week")).toHaveProperty("points");
  expect(await call("GET /api/audit")).not.toMatchObject({ entries: [] });
  await worker.waitUntilLogged("audit.relayed");
  const keys = await dumpRedis(bridge.redis, bridge.redisPrefix);
  for (const part of [":limit:ip:", ":limit:caller:", ":clerk:", ":idempotency:", ":audit}:", ":analytics}:hour"]) {
    expect(keys).toContain(`${bridge.redisPrefix}${part}`);
  }
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

test("when a Redis Cluster node is lost, its replica takes over and the bridge continues exactly once", async () => {
  const lostNode = await cluster.nodeOf(prefixOf(0));
  await cluster.addReplica(lostNode);
  const during = Array.from({ length: 24 }, () => userMessage("user.created", makeUser(), 1));
  await cluster.kill(lostNode);
  for (const { message } of during) {
    await waitFor("the message is accepted", async () => (await send(api.url, message)).status === 204);
  }
  await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
  await bridge.waitUntilIdle();
  expectUsersOf(during);
  expect(await expectExactlyOnce(bridge, expected)).not.toEqual([]);
  // The node's last messages may be lost, so the failover must trigger a sweep.
  await worker.waitUntilLogged("ledger.failed_over");
});

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
