import { createServer } from "node:http";
import { describe, expect, test, onTestFinished } from "vitest";
import { z } from "zod";
import type { ClerkEmulatorOptions, WebhookOptions } from "../src/start-clerk-emulator.ts";
import { createRandom } from "../src/seeded-random.ts";
import { planDeliveries } from "../src/webhooks/webhook-endpoint.ts";
import { decideAfterAttempt } from "../src/webhooks/webhook-endpoint.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { startEmulator } from "./start-emulator.ts";
import { type Answer, startEndpoint } from "./start-endpoint.ts";

/** All seven retries within 30 ms. */
const FAST: WebhookOptions = { retryScale: 1e-6 / 3.6 };

async function startConnected(answer?: Answer, webhook: WebhookOptions = {}, options: ClerkEmulatorOptions = {}) {
  const { emulator } = await startEmulator({ ...options, webhook: { ...FAST, ...webhook } });
  const endpoint = await startEndpoint(emulator.webhookSecret, answer);
  emulator.webhooks.connect({ url: endpoint.url, secret: emulator.webhookSecret });
  const createUsers = (count: number): string[] =>
    Array.from({ length: count }, (_, n) => emulator.dashboard.createUser({ username: `user-${n}` }).id);
  return { emulator, endpoint, createUsers, webhooks: emulator.webhooks };
}

describe("a failed delivery attempt", () => {
  test("is retried after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, and then no longer", () => {
    const minutes = 60_000;
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) =>
      decideAfterAttempt({ kind: "answered", status: 500, control: null }, attempt, 1),
    );
    expect(waits).toEqual([
      ...[5000, 5 * minutes, 30 * minutes, 120 * minutes, 300 * minutes, 600 * minutes, 600 * minutes].map(
        (delayMs) => ({ next: "retry", delayMs }),
      ),
      { next: "exhausted" },
    ]);
  });

  test.each([500, 503, 404, 400, 302])("is retried for status %i", async (status) => {
    const { endpoint, webhooks, createUsers } = await startConnected((_, index) => ({
      status: index < 2 ? status : 200,
      headers: { location: "/elsewhere" },
    }));
    createUsers(1);
    await webhooks.settled();
    expect(new Set(endpoint.deliveries.map(({ id }) => id)).size).toBe(1);
    expect(webhooks.messages()).toMatchObject([
      { state: "delivered", attempts: [{ status }, { status }, { status: 200 }] },
    ]);
  });

  test("marks the message as failed when it is the eighth", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected(() => ({ status: 500 }));
    createUsers(1);
    await webhooks.settled();
    expect(endpoint.deliveries).toHaveLength(8);
    expect(webhooks.messages()).toMatchObject([{ state: "failed" }]);
  });

  test("is not retried when the endpoint answers abort-message", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected(() => ({
      status: 422,
      headers: { "webhook-delivery": "abort-message" },
    }));
    createUsers(1);
    await webhooks.settled();
    expect(endpoint.deliveries).toHaveLength(1);
    expect(webhooks.messages()).toMatchObject([{ state: "aborted" }]);
  });

  test("is retried when no answer arrives in time", async () => {
    const silent = createServer(() => {});
    onTestFinished(() => {
      silent.close();
      silent.closeAllConnections();
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = z.object({ port: z.int() }).parse(silent.address());
    const { webhooks, createUsers } = await startConnected(undefined, { attemptTimeoutMs: 10 });
    webhooks.connect({ url: `http://127.0.0.1:${port}`, secret: "whsec_bWluZQ==" });
    createUsers(1);
    await webhooks.settled();
    const attempt = { status: null, reason: "no answer in 10 ms" };
    expect(webhooks.messages()).toMatchObject([
      { state: "failed", attempts: Array.from({ length: 8 }, () => attempt) },
    ]);
  });

  test("is retried when the endpoint refuses connections", async () => {
    const { webhooks, createUsers } = await startConnected();
    webhooks.connect({ url: "http://127.0.0.1:1", secret: "whsec_bWluZQ==" });
    createUsers(1);
    await webhooks.settled();
    const attempt = { status: null, reason: "connect ECONNREFUSED 127.0.0.1:1" };
    expect(webhooks.messages()).toMatchObject([
      { state: "failed", attempts: Array.from({ length: 8 }, () => attempt) },
    ]);
  });
});

describe("webhook faults", () => {
  test("duplicate messages under one id with the configured probability", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected();
    webhooks.setFaults({ duplicateProbability: 0.25 });
    createUsers(200);
    await webhooks.settled();
    const ids = endpoint.deliveries.map(({ id }) => id);
    expect(new Set(ids).size).toBe(200);
    expect(ids.length - 200).toBeGreaterThan(25);
    expect(ids.length - 200).toBeLessThan(75);
  });

  test("delay messages so that they overtake each other", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected(undefined, {
      faults: { delayMs: { min: 0, max: 50 } },
    });
    const sent = createUsers(50);
    await webhooks.settled();
    const received = endpoint.deliveries.map(({ envelope }) => envelope.data.id);
    expect(received).not.toEqual(sent);
    expect(received.toSorted()).toEqual(sent.toSorted());
  });

  test("lose messages until they are replayed", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected(undefined, { faults: { lossProbability: 0.5 } });
    const sent = createUsers(40);
    await webhooks.settled();
    const lost = webhooks.messages().filter(({ state }) => state === "lost");
    expect(lost.length).toBeGreaterThan(5);
    expect(endpoint.deliveries).toHaveLength(40 - lost.length);
    for (const { id } of lost) expect(webhooks.replay(id)).toBe(true);
    await webhooks.settled();
    expect(endpoint.deliveries.map(({ envelope }) => envelope.data.id).toSorted()).toEqual(sent.toSorted());
    expect(webhooks.replay("msg_unknown")).toBe(false);
  });

  test("affect the same messages for the same seed", () => {
    const faults = { duplicateProbability: 0.3, lossProbability: 0.3, delayMs: { min: 0, max: 5 } };
    const draw = (seed: number, chosen = faults): number[][] => {
      const random = createRandom(seed, "faults");
      return Array.from({ length: 50 }, () => planDeliveries(chosen, random));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(6)).not.toEqual(draw(5));
    // Without losses, the other messages are delivered exactly as before.
    const lost = draw(5).map((delays) => delays.length === 0);
    const without = draw(5, { ...faults, lossProbability: 0 }).map((delays, position) =>
      lost[position] ? [] : delays,
    );
    expect(without).toEqual(draw(5));
  });

  test("leave ids, keys and message states the same for the same seed and operations", async () => {
    const faults = { duplicateProbability: 0.3, lossProbability: 0.3, delayMs: { min: 0, max: 5 } };
    const run = async (seed: number, answer: Answer) => {
      let now = 1_800_000_000_000;
      const { emulator, webhooks, createUsers } = await startConnected(
        answer,
        { faults },
        { seed, now: () => (now += 7) },
      );
      for (const id of createUsers(20)) emulator.dashboard.signIn(id);
      const outcomes = webhooks.messages().map(({ id, body, state }) => ({ id, body, state }));
      return { outcomes, secretKey: emulator.secretKey };
    };
    const history = await run(5, () => ({ status: 200 }));
    expect(await run(5, () => ({ status: 500 }))).toEqual(history);
    expect((await run(6, () => ({ status: 200 }))).outcomes).not.toEqual(history.outcomes);
  });
});

describe("webhook delivery", () => {
  test("collects messages while paused and sends them when resumed", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected();
    webhooks.pause();
    createUsers(30);
    expect(webhooks.pending()).toBe(30);
    webhooks.resume();
    await webhooks.settled();
    expect(webhooks.pending()).toBe(0);
    expect(endpoint.deliveries).toHaveLength(30);
  });

  test("signs each attempt with its own time by the machine's clock", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected(undefined, {}, { now: () => 1 });
    createUsers(1);
    await webhooks.settled();
    // The endpoint has verified it, and svix rejects a time that is more than five minutes off.
    expect(Math.abs((endpoint.deliveries[0]?.sentAtSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(5);
    expect(endpoint.deliveries[0]?.envelope.timestamp).toBe(1);
  });

  test("reuses connections and opens at most the configured number", async () => {
    const { endpoint, webhooks, createUsers } = await startConnected(undefined, { concurrency: 3 });
    createUsers(60);
    await webhooks.settled();
    expect(endpoint.deliveries).toHaveLength(60);
    expect(endpoint.connections().opened).toBe(3);
  });

  test("records messages without an endpoint, so that they can be sent later", async () => {
    const { emulator } = await startEmulator();
    emulator.dashboard.createUser({ username: "countess" });
    await emulator.webhooks.settled();
    expect(emulator.webhooks.messages()).toMatchObject([{ type: "user.created", state: "unsent", attempts: [] }]);
    const endpoint = await startEndpoint(emulator.webhookSecret);
    emulator.webhooks.connect({ url: endpoint.url, secret: emulator.webhookSecret });
    emulator.webhooks.replay(emulator.webhooks.messages()[0]?.id ?? "");
    await emulator.webhooks.settled();
    expect(endpoint.deliveries[0]?.envelope.type).toBe("user.created");
  });

  test("drops old settled messages and no pending one", async () => {
    const { webhooks, createUsers } = await startConnected(undefined, { rememberedMessages: 10 });
    webhooks.pause();
    createUsers(40);
    expect(webhooks.messages()).toHaveLength(40);
    webhooks.resume();
    await webhooks.settled();
    expect(webhooks.messages().length).toBeLessThan(20);
  });

  test("sends any body, including one that Clerk would never send", async () => {
    const { emulator, endpoint, webhooks } = await startConnected();
    const event = { type: "role.created", object: "event", data: { id: "role_1", object: "role" }, timestamp: 1 };
    const attributes = { http_request: { client_ip: "", user_agent: "" } };
    const body = JSON.stringify({ ...event, instance_id: emulator.instanceId, event_attributes: attributes });
    const message = webhooks.sendBody(body);
    await webhooks.settled();
    expect(endpoint.deliveries).toMatchObject([{ id: message.id, envelope: event }]);
  });

  test("rejects a malformed endpoint URL or secret", async () => {
    const { webhooks } = await startConnected();
    expect(() => webhooks.connect({ url: "nowhere", secret: "whsec_bWluZQ==" })).toThrow("malformed: nowhere");
    expect(() => webhooks.connect({ url: "http://127.0.0.1:1", secret: "whsec_*" })).toThrow("Base64Coder");
  });

  test("stops with the emulator even while messages are pending", async () => {
    const { emulator, webhooks, createUsers } = await startConnected(undefined, { retryScale: 1 });
    webhooks.connect({ url: "http://127.0.0.1:1", secret: emulator.webhookSecret });
    createUsers(5);
    const settled = webhooks.settled();
    await Promise.all([emulator.stop(), expect(settled).rejects.toThrow("stopped with messages pending")]);
  });

  test("closes all connections when the emulator stops", async () => {
    const { emulator, endpoint, webhooks, createUsers } = await startConnected();
    createUsers(20);
    await webhooks.settled();
    expect(endpoint.connections().open).toBeGreaterThan(0);
    await emulator.stop();
    await waitFor("the endpoint has no open connection", () => endpoint.connections().open === 0);
  });

  test("delivers each of thousands of changes to hundreds of users", async () => {
    const { emulator, endpoint, webhooks, createUsers } = await startConnected(undefined, {
      faults: { duplicateProbability: 0.1, delayMs: { min: 0, max: 20 } },
    });
    const ids = createUsers(300);
    for (let change = 0; change < 3000; change += 1) {
      emulator.dashboard.updateUser(ids[change % ids.length] ?? "", { first_name: `Name ${change}` });
    }
    await webhooks.settled();
    expect(new Set(endpoint.deliveries.map(({ id }) => id)).size).toBe(3300);
  }, 120_000);
});
