import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import {
  clerkUserJson,
  makeUser,
  secretOfMetadata,
  userMessage,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { dumpRedis } from "../../support/redis/dump-redis.ts";
import { type HeaderFamily, post, send, signatureHeaders, webhookSecret } from "../../support/clerk/send-webhook.ts";

const olderSecret = `whsec_${Buffer.from("the secret that is being rotated out").toString("base64")}`;
const foreignSecret = `whsec_${Buffer.from("a secret that is not configured here").toString("base64")}`;
const maxBodyBytes = 1024 * 1024;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

// No worker runs here, so queued messages stay in Redis.
const resources = new AsyncDisposableStack();
let bridge: Bridge;
let api: BridgeProcess;

beforeAll(async () => {
  bridge = resources.use(await openBridge());
  api = await bridge.startApi({ CLERK_WEBHOOK_SECRET: `${olderSecret}, ${webhookSecret}`, LOG_LEVEL: "trace" });
});
afterAll(() => resources.disposeAsync());

const aMessage = () => userMessage("user.created", makeUser(), 1).message;
const isQueued = async (id: string) => (await dumpRedis(bridge.redis, bridge.redisPrefix)).includes(id);

describe("a verified message", () => {
  test.for<HeaderFamily>(["svix", "webhook"])("is accepted with %s-* headers and queued", async (family) => {
    const message = aMessage();
    const answer = await post(api.url, message.body, signatureHeaders(message, { family }));
    expect(answer).toEqual({ status: 204, code: undefined });
    expect(await isQueued(message.id)).toBe(true);
  });

  test("is accepted with each secret during a rotation, and with several signatures", async () => {
    const message = aMessage();
    const both = signatureHeaders(message, { secret: foreignSecret });
    both["svix-signature"] += ` ${signatureHeaders(message)["svix-signature"]}`;
    const answers = await Promise.all([
      post(api.url, message.body, signatureHeaders(message, { secret: olderSecret })),
      post(api.url, message.body, signatureHeaders(message, { secret: webhookSecret })),
      post(api.url, message.body, both),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
  });

  test("may be four minutes old", async () => {
    const message = aMessage();
    const answer = await post(api.url, message.body, signatureHeaders(message, { at: minutesAgo(4) }));
    expect(answer.status).toBe(204);
  });

  test("may be as large as 1 MiB", async () => {
    const empty = writeMessage("email.created", { id: "" }).body.length;
    const message = writeMessage("email.created", { id: "x".repeat(maxBodyBytes - empty) });
    expect(message.body).toHaveLength(maxBodyBytes);
    expect((await send(api.url, message)).status).toBe(204);
  });

  test("of an unhandled type is accepted and counted but not queued", async () => {
    const ignored = { type: "session.pending" };
    const before = await api.metric("bridge_webhooks_ignored_total", ignored);
    const message = writeMessage("session.pending", { id: "sess_1", object: "session", user_id: "user_1" });
    expect((await send(api.url, message)).status).toBe(204);
    expect(await isQueued(message.id)).toBe(false);
    expect(await api.metric("bridge_webhooks_ignored_total", ignored)).toBe(before + 1);
  });

  test("that cannot be parsed is accepted and stored once as a dead letter", async () => {
    const message = { ...aMessage(), body: "this is not JSON" };
    const withoutUser = writeMessage("user.updated", { id: "", private_metadata: { note: secretOfMetadata } });
    for (const each of [message, message, withoutUser]) expect((await send(api.url, each)).status).toBe(204);
    const letters = await bridge.redis.hgetall(`{${bridge.redisPrefix}:dead}:letters`);
    expect(Object.keys(letters).toSorted()).toEqual([message.id, withoutUser.id].toSorted());
    expect(JSON.parse(letters[message.id] ?? "")).toMatchObject({ reason: "not JSON", body: message.body });
    expect(JSON.parse(letters[withoutUser.id] ?? "")).toMatchObject({ reason: "user.updated without a user id" });
  });
});

describe("a webhook request", () => {
  const headersWithout = (name: string) => {
    const { [name]: _, ...rest } = signatureHeaders(aMessage());
    return rest;
  };
  const message = aMessage();
  const signed = signatureHeaders(message);
  const tampered = message.body.replace("Ada", "Eve");
  const rejections: readonly (readonly [what: string, code: string, body: string, headers: Record<string, string>])[] =
    [
      ["without an id", "missing_headers", message.body, headersWithout("svix-id")],
      ["without a timestamp", "missing_headers", message.body, headersWithout("svix-timestamp")],
      ["without a signature", "missing_headers", message.body, headersWithout("svix-signature")],
      [
        "with headers of two families",
        "missing_headers",
        message.body,
        {
          ...headersWithout("svix-id"),
          "webhook-id": message.id,
        },
      ],
      [
        "signed with another secret",
        "bad_signature",
        message.body,
        signatureHeaders(message, { secret: foreignSecret }),
      ],
      ["with another body", "bad_signature", tampered, signed],
      ["with a reformatted body", "bad_signature", JSON.stringify(JSON.parse(message.body), undefined, 1), signed],
      ["with another id", "bad_signature", message.body, { ...signed, "svix-id": "msg_other" }],
      ["with an unknown signature version", "bad_signature", message.body, { ...signed, "svix-signature": "v9,AAAA" }],
      ["signed six minutes ago", "bad_timestamp", message.body, signatureHeaders(message, { at: minutesAgo(6) })],
      ["signed six minutes ahead", "bad_timestamp", message.body, signatureHeaders(message, { at: minutesAgo(-6) })],
      ["with a timestamp that is not a number", "bad_timestamp", message.body, { ...signed, "svix-timestamp": "now" }],
    ];

  test.for(rejections)("%s is rejected as %s, counted and not queued", async ([, code, body, headers]) => {
    const before = await dumpRedis(bridge.redis, bridge.redisPrefix);
    const rejectedBefore = await api.metric("bridge_webhooks_rejected_total", { reason: code });
    expect(await post(api.url, body, headers)).toEqual({ status: 400, code });
    expect(await dumpRedis(bridge.redis, bridge.redisPrefix)).toBe(before);
    expect(await api.metric("bridge_webhooks_rejected_total", { reason: code })).toBe(rejectedBefore + 1);
  });

  const tooLarge = writeMessage("user.updated", clerkUserJson(makeUser({ firstName: "x".repeat(maxBodyBytes) }), 1));
  const bodies: readonly (readonly [string, () => string | ReadableStream])[] = [
    ["with Content-Length", () => tooLarge.body],
    ["in chunks", () => new Blob([tooLarge.body]).stream()],
  ];

  test.for(bodies)("larger than 1 MiB, %s, is rejected as too large, counted and not queued", async ([, body]) => {
    const before = await api.metric("bridge_webhooks_rejected_total", { reason: "too_large" });
    expect(await post(api.url, body(), signatureHeaders(tooLarge))).toEqual({ status: 413, code: "payload_too_large" });
    expect(await isQueued(tooLarge.id)).toBe(false);
    expect(await api.metric("bridge_webhooks_rejected_total", { reason: "too_large" })).toBe(before + 1);
  });
});

describe("a signed message that is sent to another path", () => {
  test("is accepted with a final slash", async () => {
    const message = aMessage();
    expect((await post(api.url, message.body, signatureHeaders(message), "/webhooks/clerk/")).status).toBe(204);
    expect(await isQueued(message.id)).toBe(true);
  });

  test.for(["/", "/webhooks", "/webhook/clerk", "/webhooks/clerk/users", "/api/webhooks", "/api/webhooks/clerk"])(
    "is not accepted at %s, and is logged and counted",
    async (path) => {
      const rejected = await api.metric("bridge_webhooks_rejected_total", { reason: "wrong_path" });
      const message = aMessage();
      const { status } = await post(api.url, message.body, signatureHeaders(message), path);
      expect([404, 401]).toContain(status);
      expect(await api.metric("bridge_webhooks_rejected_total", { reason: "wrong_path" })).toBe(rejected + 1);
      // Lines are written in the background, so the response can come first.
      const isLogged = async () =>
        (await api.logged("webhook.wrong_path")).some((line) => line["id"] === message.id && line["path"] === path);
      await waitFor("the wrong path is logged", isLogged);
    },
  );

  test("is neither logged nor counted when its signature is wrong", async () => {
    const rejected = await api.metric("bridge_webhooks_rejected_total", { reason: "wrong_path" });
    const message = aMessage();
    const headers = signatureHeaders(message, { secret: foreignSecret });
    expect((await post(api.url, message.body, headers, "/webhook")).status).toBe(404);
    expect(await api.metric("bridge_webhooks_rejected_total", { reason: "wrong_path" })).toBe(rejected);
  });
});

test("private metadata, signatures and secrets are neither in Redis nor in the log at trace level", async () => {
  const user = makeUser();
  const creation = userMessage("user.created", user, 1).message;
  const malformed = writeMessage("user.updated", { ...clerkUserJson(user, 2), email_addresses: "none" });
  const withoutId = writeMessage("user.updated", { ...clerkUserJson(user, 3), id: undefined });
  for (const message of [creation, malformed, withoutId]) {
    expect(message.body).toContain(secretOfMetadata);
    expect((await send(api.url, message)).status).toBe(204);
    expect(await isQueued(message.id)).toBe(true);
  }
  await api.waitUntilLogged("webhook.received", 3);
  const signature = signatureHeaders(creation)["svix-signature"] ?? "";
  const kept = [await dumpRedis(bridge.redis, bridge.redisPrefix), await api.output()];
  for (const text of kept) {
    expect(text).not.toContain(secretOfMetadata);
    expect(text).not.toContain(signature);
    expect(text).not.toContain(webhookSecret);
  }
});

test("an address that sends wrong signatures gets 429 until the minute is over, unless its address is that of an unknown proxy", async () => {
  const limited = await bridge.startApi({ RATE_LIMIT_BAD_SIGNATURES: "2" });
  const sendBad = (headers: Record<string, string> = {}) => {
    const message = aMessage();
    const signature = signatureHeaders(message, { secret: foreignSecret });
    return post(limited.url, message.body, { ...signature, ...headers });
  };
  const proxied = { "x-forwarded-for": "203.0.113.7" };
  const answers = [];
  for (const headers of [proxied, proxied, proxied, {}, {}, {}]) answers.push((await sendBad(headers)).status);
  expect(answers).toEqual([400, 400, 400, 400, 400, 429]);
  expect(await send(limited.url, aMessage())).toEqual({ status: 429, code: "rate_limited" });
  const message = aMessage();
  expect((await post(limited.url, message.body, { ...signatureHeaders(message), ...proxied })).status).toBe(204);
  expect(await limited.metric("bridge_webhooks_rejected_total", { reason: "rate_limited" })).toBe(2);
});

test("the number of received webhooks equals the accepted plus the rejected ones", async () => {
  await send(api.url, aMessage());
  const [received, accepted, rejected] = await Promise.all([
    api.metric("bridge_webhooks_received_total"),
    api.metric("bridge_webhooks_accepted_total"),
    api.metric("bridge_webhooks_rejected_total"),
  ]);
  expect(accepted).toBeGreaterThan(0);
  expect(received).toBe(accepted + rejected);
});
