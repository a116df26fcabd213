import fc from "fast-check";
import { Webhook } from "svix";
import { describe, expect, test } from "vitest";
import { OpenSslWebhook } from "./verify-message.ts";

const secretOf = (key: Uint8Array) => `whsec_${Buffer.from(key).toString("base64")}`;
const keys = fc.uint8Array({ minLength: 1, maxLength: 80 });
const texts = fc.string({ unit: "binary", maxLength: 300 });
const seconds = fc.integer({ min: 0, max: 4_000_000_000 });

describe("The webhook whose HMAC OpenSSL computes", () => {
  test("signs as Svix does, whatever the secret, the id, the time and the text", () => {
    fc.assert(
      fc.property(keys, texts, seconds, texts, (key, id, at, payload) => {
        const time = new Date(at * 1_000);
        const secret = secretOf(key);
        expect(new OpenSslWebhook(secret).sign(id, time, payload)).toBe(new Webhook(secret).sign(id, time, payload));
      }),
    );
  });

  test("takes a secret with and without its prefix for the same", () => {
    const secret = secretOf(Buffer.alloc(24, 7));
    const bare = secret.slice("whsec_".length);
    const time = new Date();
    expect(new OpenSslWebhook(bare).sign("msg_1", time, "{}")).toBe(new Webhook(secret).sign("msg_1", time, "{}"));
  });

  test("accepts what Svix signed, and no other text, id, time or key", () => {
    const secret = secretOf(Buffer.alloc(24, 7));
    const now = Math.floor(Date.now() / 1_000);
    const signature = new Webhook(secret).sign("msg_1", new Date(now * 1_000), '{"a":1}');
    const verify = (change: { id?: string; at?: number; payload?: string; secret?: string }) =>
      new OpenSslWebhook(change.secret ?? secret).verify(
        change.payload ?? '{"a":1}',
        {
          "webhook-id": change.id ?? "msg_1",
          "webhook-timestamp": String(change.at ?? now),
          "webhook-signature": signature,
        },
        { jsonParse: false },
      );
    expect(() => verify({})).not.toThrow();
    expect(() => verify({ id: "msg_2" })).toThrow("No matching signature");
    expect(() => verify({ at: now - 1 })).toThrow("No matching signature");
    expect(() => verify({ payload: '{"a":2}' })).toThrow("No matching signature");
    expect(() => verify({ secret: secretOf(Buffer.alloc(24, 8)) })).toThrow("No matching signature");
  });
});
