import { createHash, randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { newUserBody, openAccountApi } from "../../support/api/open-api.ts";
import { signServiceToken } from "../../support/api/tokens.ts";

let api: Awaited<ReturnType<typeof openAccountApi>>;
beforeAll(async () => {
  api = await openAccountApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const create = (body: unknown, key: string, token = api.admin) =>
  api.call("POST /api/users", token, { body, headers: { "idempotency-key": key } });

test("a repeat returns the first response with its headers, is marked as replayed and has no effect", async () => {
  const [body, key] = [newUserBody(), randomUUID()];
  const first = await create(body, key);
  expect(first).toMatchObject({ status: 201 });
  expect(first.headers["idempotency-replayed"]).toBeUndefined();
  const audited = (await api.readAudit()).length;
  const { value: second, requests } = await api.clerk.during(() => create(body, key));
  expect(second).toMatchObject({ status: 201, body: first.body });
  expect(second.headers["idempotency-replayed"]).toBe("true");
  expect(second.headers["location"]).toBe(first.headers["location"]);
  expect(second.headers["content-type"]).toBe(first.headers["content-type"]);
  expect(requests).toEqual([]);
  expect(await api.readAudit()).toHaveLength(audited);
});

test("a repeat of a rejected request returns the same rejection", async () => {
  const [body, key] = [{ ...newUserBody(), emailAddress: ["ada@example.com"] }, randomUUID()];
  const first = await create(body, key);
  const second = await create(body, key);
  expect(first).toMatchObject({ status: 409 });
  expect(second).toMatchObject({ status: 409, body: first.body, headers: { "idempotency-replayed": "true" } });
});

test("the same key with a different body is 422 and has no effect", async () => {
  const key = randomUUID();
  await create(newUserBody(), key);
  const { value, requests } = await api.clerk.during(() => create(newUserBody(), key));
  expect(value).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
  expect(requests).toEqual([]);
});

test("of two concurrent requests one runs; the other is 409 and later gets the stored response", async () => {
  const [body, key] = [newUserBody(), randomUUID()];
  const gate = Promise.withResolvers<undefined>();
  const reached = Promise.withResolvers<void>();
  api.clerk.failWhen(() => {
    reached.resolve();
    return gate.promise;
  });
  onTestFinished(() => api.clerk.failWhen(() => undefined));
  const first = create(body, key);
  await reached.promise;
  expect(await create(body, key)).toMatchObject({
    status: 409,
    headers: { "retry-after": "1" },
    body: { code: "request_in_progress" },
  });
  expect(await create(newUserBody(), key)).toMatchObject({ status: 422 });
  gate.resolve(undefined);
  const { status, body: answer } = await first;
  expect(status).toBe(201);
  expect(await create(body, key)).toMatchObject({
    status: 201,
    headers: { "idempotency-replayed": "true" },
    body: answer,
  });
});

test("the same key of two callers stands for two requests", async () => {
  const [body, key] = [newUserBody(), randomUUID()];
  await create(body, key);
  const other = await create(body, key, await signServiceToken({ sub: "shipping" }));
  expect(other).toMatchObject({ status: 409, body: { code: "user_already_exists" } });
});

test("a 5xx response is not stored, so the repeat runs", async () => {
  const [body, key] = [newUserBody(), randomUUID()];
  api.clerk.failWhen(() => ({ kind: "answer", status: 500 }));
  onTestFinished(() => api.clerk.failWhen(() => undefined));
  expect(await create(body, key)).toMatchObject({ status: 502 });
  api.clerk.failWhen(() => undefined);
  const second = await create(body, key);
  expect(second).toMatchObject({ status: 201 });
  expect(second.headers["idempotency-replayed"]).toBeUndefined();
});

test("a caller without permission is rejected before any stored response is read", async () => {
  const [body, key] = [newUserBody(), randomUUID()];
  expect(await create(body, key, await api.sessionToken("user_1"))).toMatchObject({ status: 403 });
  expect(await create(body, key, await api.sessionToken("user_1", "admin"))).toMatchObject({ status: 201 });
  expect(await create(body, key, await api.sessionToken("user_1"))).toMatchObject({ status: 403 });
});

test("a record expires after one day and contains neither the password nor a plain hash of the body", async () => {
  const [body, key] = [newUserBody(), randomUUID()];
  await create(body, key);
  const dump = await api.dumpRedis();
  expect(dump).toContain(":idempotency:");
  expect(dump).not.toContain(body.password);
  const text = JSON.stringify(body);
  for (const hashed of [text, JSON.stringify([text])]) {
    const digest = createHash("sha256").update(hashed);
    expect(dump).not.toContain(digest.copy().digest("base64url"));
    expect(dump).not.toContain(digest.digest("hex"));
  }
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const [name = ""] = /\S+:idempotency:\S+/.exec(dump) ?? [];
  const ttlMs = await redis.pttl(name);
  expect(ttlMs).toBeLessThanOrEqual(86_400_000);
  expect(ttlMs).toBeGreaterThan(86_000_000);
});

test("an invalid idempotency key is 400", async () => {
  expect(await create(newUserBody(), "two words")).toMatchObject({
    status: 400,
    body: { details: [{ path: "idempotency-key" }] },
  });
  expect(await create(newUserBody(), "x".repeat(256))).toMatchObject({ status: 400 });
});
