import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../../../dev/stack/start-redis.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { send } from "../../support/clerk/send-webhook.ts";
import { type PrivateServer, reserveRedis } from "../../support/private-servers.ts";

const resources = new AsyncDisposableStack();
let reserved: PrivateServer<RedisServer>;
let server: RedisServer;
let control: Redis;
let bridge: Bridge;
let api: BridgeProcess;
let worker: BridgeProcess;

beforeAll(async () => {
  reserved = resources.use(await reserveRedis());
  server = await reserved.start();
  await using admin = new AsyncDisposableStack();
  const first = new Redis(server.url);
  admin.defer(() => first.disconnect());
  // A user of the test's own, so that the bridge's can lose rights.
  await first.acl("SETUSER", "control", "on", ">secret", "~*", "&*", "+@all");
  control = new Redis(server.url, { username: "control", password: "secret" });
  resources.defer(() => control.disconnect());
  bridge = resources.use(await openBridge({ redisUrl: server.url }));
  [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

const setTo = (setting: string, value: string) => async () => void (await control.config("SET", setting, value));

/** How Redis is made to refuse, and how it is healed. */
const refusals: Readonly<Record<string, readonly [refuse: () => Promise<unknown>, heal: () => Promise<unknown>]>> = {
  readonly: [() => control.replicaof("127.0.0.1", 1), () => control.replicaof("NO", "ONE")],
  oom: [setTo("maxmemory", "1"), setTo("maxmemory", "0")],
  noreplicas: [setTo("min-replicas-to-write", "1"), setTo("min-replicas-to-write", "0")],
  noperm: [
    () => control.acl("SETUSER", "default", "-@write", "-evalsha", "-eval"),
    () => control.acl("SETUSER", "default", "+@all"),
  ],
  noauth: [
    async () => {
      await control.config("SET", "requirepass", "changed");
      await control.call("CLIENT", "KILL", "USER", "default");
    },
    () => control.acl("SETUSER", "default", "nopass"),
  ],
  misconf: [
    async () => {
      // A folder in the place of the file makes the snapshot fail.
      await mkdir(join(server.dir, "dump.rdb"), { recursive: true });
      await control.config("SET", "save", "3600 1");
      await control.bgsave();
      await waitFor("the snapshot failed", async () =>
        (await control.info("persistence")).includes("rdb_last_bgsave_status:err"),
      );
    },
    setTo("save", ""),
  ],
};

test.for(Object.keys(refusals))(
  "while Redis refuses with %s, readiness, log and metric say so, and all works again afterwards",
  async (reason) => {
    const [refuse, heal] = refusals[reason] ?? [];
    if (refuse === undefined || heal === undefined) throw new Error(`no refusal ${reason}`);
    await refuse();
    try {
      const metric = () => api.metric("bridge_webhooks_rejected_total", { reason: `redis_${reason}` });
      await waitFor(`a webhook is refused because of ${reason}`, async () => {
        const answer = await send(api.url, newUser());
        return answer.status === 503 && answer.code === "queue_unavailable" && (await metric()) > 0;
      });
      // The log is written after the response.
      const refused = await waitFor("the log has a line with the reason", async () =>
        (await api.logged("webhook.received")).find((line) => line["reason"] === reason),
      );
      expect(refused).toMatchObject({ level: "warn" });
      for (const program of [api, worker]) {
        await waitFor(`readiness names ${reason}`, async () => {
          const { status, body } = await program.readiness();
          return status === 503 && JSON.stringify(body).includes(reason.toUpperCase());
        });
      }
    } finally {
      await heal();
    }
    await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
    await waitFor("webhooks are accepted", async () => (await send(api.url, newUser())).status === 204);
    await bridge.waitUntilIdle();
  },
);

test("while Redis loads its data, readiness says so, and all works again afterwards", async () => {
  // Redis answers after each 1,024 commands that it loads: five times a second here.
  const filling = control.pipeline();
  for (let index = 0; index < 20_000; index += 1) filling.set(`filler-${index}`, "x");
  await filling.exec();
  control.disconnect(); // The server will not know its user any more.
  await server.stop();
  const { dir, port } = server;
  const loaded = startRedis({
    dir,
    port,
    settings: { "key-load-delay": "200" },
  });
  for (const program of [api, worker]) {
    await waitFor(
      "readiness names LOADING",
      async () => {
        const { status, body } = await program.readiness();
        return status === 503 && JSON.stringify(body).includes("LOADING");
      },
      { intervalMs: 20 },
    );
  }
  const again = await loaded;
  resources.defer(() => again.stop());
  await Promise.all([api.waitUntilReady(), worker.waitUntilReady()]);
  expect((await send(api.url, newUser())).status).toBe(204);
});

const newUser = () => userMessage("user.created", makeUser(), 1).message;
