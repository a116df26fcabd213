import { describe, expect, test } from "vitest";
import { createLogger } from "./logger.ts";

const secret = "tell-tale-7f3a";

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = "";
  write(createLogger("test", "trace", { write: (line) => void (text += line) }));
  return text;
}

describe("The log", () => {
  const names = [
    "authorization",
    "Authorization",
    "cookie",
    "set-cookie",
    "password",
    "token",
    "secret",
    "secretKey",
    "secret_key",
    "CLERK-SECRET-KEY".slice(6),
    "jwt",
    "signature",
    "svix-signature",
    "webhook-signature",
    "webhookSecrets",
    "private_metadata",
    "privateMetadata",
    "unsafe_metadata",
    "unsafeMetadata",
    "backup_codes",
    "ticket",
  ];

  test.for(names)("never holds the value of %s, at whatever depth", (name) => {
    const text = logged((log) => {
      log.info({ [name]: secret });
      log.warn({ request: { headers: { [name]: secret } } });
      log.error({ users: [{ data: { [name]: { nested: [secret] } } }] });
      log.child({}).debug({ [name]: [secret, secret] });
    });
    expect(text).not.toContain(secret);
    expect(text.split("[redacted]")).toHaveLength(5);
  });

  test("does not look deeper than it can vouch for", () => {
    const text = logged((log) => log.info({ a: { b: { c: { d: { e: { f: { g: { unknown: secret } } } } } } } }));
    expect(text).not.toContain(secret);
    expect(text).toContain("[deep]");
  });

  test("keeps what is no secret, and errors with their cause", () => {
    const text = logged((log) =>
      log.info({ event: "webhook.received", id: "msg_1", err: new Error("no", { cause: new Error("because") }) }, "Hm"),
    );
    expect(JSON.parse(text)).toMatchObject({
      name: "test",
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: "webhook.received",
      id: "msg_1",
      msg: "Hm",
      err: { type: "Error", message: "no", cause: { type: "Error", message: "because" } },
    });
  });
});

describe("An error in the log", () => {
  const written = (error: unknown): unknown => JSON.parse(logged((log) => log.error({ err: error })))["err"];

  test("has its type, message, stack and code, and no other field", () => {
    const error = Object.assign(new TypeError("no"), {
      code: "ECONNREFUSED",
      request: { body: secret },
      args: [secret],
    });
    expect(written(error)).toEqual({
      type: "TypeError",
      message: "no",
      stack: expect.stringMatching(/^TypeError: no\n/),
      code: "ECONNREFUSED",
    });
  });

  test("has the errors of which it consists", () => {
    const inner = Object.assign(new Error("inner"), { args: [secret] });
    const error = new AggregateError([inner, { args: [secret] }, "text"], "outer");
    expect(written(error)).toMatchObject({
      message: "outer",
      errors: [{ message: "inner" }, "thrown: object", "text"],
    });
    expect(JSON.stringify(written(error))).not.toContain(secret);
  });
});
