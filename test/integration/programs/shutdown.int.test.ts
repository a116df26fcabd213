import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { expectedUsers, makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { send, sendAll, signatureHeaders } from "../../support/clerk/send-webhook.ts";
import { reserveKafka, reserveRedis } from "../../support/private-servers.ts";

test("an API with busy keep-alive clients stops with exit code 0, closes each connection with a response, and cuts none", async () => {
  await using bridge = await openBridge();
  const api = await bridge.startApi();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  let responses = 0;
  // As a load balancer does, each client turns to another process when its connection is closed.
  const untilClosed = async () => {
    for (;;) {
      const response = await request(`${api.url}/livez`, agent);
      expect(await text(response)).toBe('{"status":"live"}');
      responses += 1;
      if (response.headers.connection === "close") return "closed with a response";
    }
  };
  const clients = Array.from({ length: 20 }, () => untilClosed().catch(String));
  await waitFor("the clients are busy", () => responses > 200);
  api.signal("SIGTERM");
  expect(new Set(await Promise.all(clients))).toEqual(new Set(["closed with a response"]));
  expect(await api.exited).toBe("exit code 0");
});

test("an API that stops is not ready first, and accepts webhooks until its delay is over", async () => {
  await using bridge = await openBridge();
  const api = await bridge.startApi({ SHUTDOWN_DELAY_MS: "1500" });
  api.signal("SIGTERM");
  await waitFor("the API is not ready", async () => (await api.readiness()).status === 503);
  expect(await api.readiness()).toMatchObject({ body: { conditions: { process: "stopping" } } });
  const sent = userMessage("user.created", makeUser(), 1);
  expect((await send(api.url, sent.message)).status).toBe(204);
  expect(await api.exited).toBe("exit code 0");
  await bridge.startWorker();
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers([sent]));
});

test("a webhook whose body is still arriving when the API stops is accepted", async () => {
  await using bridge = await openBridge();
  const api = await bridge.startApi();
  const sent = userMessage("user.created", makeUser(), 1);
  const { body } = sent.message;
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(api.url).port) });
  onTestFinished(() => void socket.destroy());
  const head = Object.entries({
    host: "127.0.0.1",
    "content-length": String(Buffer.byteLength(body)),
    ...signatureHeaders(sent.message),
  }).map(([name, value]) => `${name}: ${value}`);
  socket.write(["POST /webhooks/clerk HTTP/1.1", ...head, "", body.slice(0, 10)].join("\r\n"));
  await waitFor("the request has arrived", async () => (await api.readiness()).status === 200);
  api.signal("SIGTERM");
  await api.waitUntilLogged("process.stopping");
  socket.write(body.slice(10));
  const response = await text(socket);
  expect(response).toMatch(/^HTTP\/1\.1 204 /);
  expect(response).toMatch(/^connection: close\r$/im);
  expect(await api.exited).toBe("exit code 0");
});

test("a worker stops cleanly after a Ctrl-C that npm passes on a second time", async () => {
  await using bridge = await openBridge();
  const worker = await bridge.startWorker();
  await worker.waitUntilReady();
  worker.signal("SIGINT");
  await worker.waitUntilLogged("process.stopping");
  worker.signal("SIGINT");
  expect(await worker.exited).toBe("exit code 0");
  expect(await worker.logged("process.stopped")).toHaveLength(1);
});

test.for(["Redis", "Kafka"] as const)("a worker stops with exit code 0 while %s is unavailable", async (missing) => {
  const [redis, kafka] = await Promise.all([reserveRedis(), reserveKafka()]);
  onTestFinished(async () => {
    await Promise.all([redis[Symbol.asyncDispose](), kafka[Symbol.asyncDispose]()]);
  });
  const [redisServer, kafkaServer] = await Promise.all([redis.start(), kafka.start()]);
  await using bridge = await openBridge({ redisUrl: redisServer.url, kafkaBrokers: [`127.0.0.1:${kafka.port}`] });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await sendAll(api.url, [userMessage("user.created", makeUser(), 1).message]);
  await bridge.waitUntilIdle();
  await (missing === "Redis" ? redisServer : kafkaServer).kill();
  await waitFor("the worker notices it", async () => (await worker.readiness()).status === 503);
  worker.signal("SIGTERM");
  expect(await worker.exited).toBe("exit code 0");
  expect(await worker.logged("process.stop_overdue")).toEqual([]);
});

test("an API without TRUSTED_PROXIES warns once when a request comes through a proxy", async () => {
  await using bridge = await openBridge();
  const [unset, set] = await Promise.all([bridge.startApi(), bridge.startApi({ TRUSTED_PROXIES: "1" })]);
  for (const { url } of [unset, set]) {
    for (const proxied of ["203.0.113.7", "203.0.113.8"]) {
      await fetch(`${url}/api/users`, { headers: { "x-forwarded-for": proxied } });
    }
  }
  expect(await unset.waitUntilLogged("http.proxy_not_trusted")).toHaveLength(1);
  expect(await set.logged("http.proxy_not_trusted")).toEqual([]);
});

test("an idle connection outlives the minute for which load balancers keep theirs", async () => {
  await using bridge = await openBridge();
  const [byDefault, other] = await Promise.all([
    bridge.startApi(),
    bridge.startWorker({ KEEP_ALIVE_TIMEOUT_MS: "9000" }),
  ]);
  const timeoutOf = async (url: string) => {
    const response = await request(`${url}/livez`, new Agent({ keepAlive: true }));
    response.resume().socket.unref();
    return response.headers["keep-alive"];
  };
  expect([await timeoutOf(byDefault.url), await timeoutOf(other.url)]).toEqual(["timeout=75", "timeout=9"]);
});

const request = (url: string, agent: Agent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, resolve).once("error", reject);
  });
