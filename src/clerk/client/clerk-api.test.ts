/// <reference lib="esnext.disposable" />
import { Redis } from "ioredis";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { type ClerkLimits, createClerkApi } from "./clerk-api.ts";
import { ClerkRefusal } from "./clerk-errors.ts";
import { createUserReader } from "../users/user-reader.ts";
import { ApiError } from "../../http/api-error.ts";
import { clerkError, type Fault, startFaultyClerk } from "../../../test/support/clerk/faulty-clerk.ts";
import { readMetric } from "../../../test/support/bridge/read-metric.ts";
import { startEmulator } from "../../../packages/clerk-emulator/test/start-emulator.ts";

// Redis is away in all of these: the client must do its work without it.
async function open({ rateLimit = 4_000, limits }: { rateLimit?: number; limits?: Partial<ClerkLimits> } = {}) {
  const { emulator } = await startEmulator();
  const faulty = await startFaultyClerk(emulator.url);
  onTestFinished(() => faulty[Symbol.asyncDispose]());
  const redis = new Redis({ lazyConnect: true, enableOfflineQueue: false });
  onTestFinished(() => redis.disconnect());
  const registry = new Registry();
  const clerk = createClerkApi({
    config: { secretKey: emulator.secretKey, apiUrl: faulty.url, rateLimit },
    redis,
    redisPrefix: "unit",
    registry,
    log: pino({ level: "silent" }),
    now: Date.now,
    ...(limits && { limits }),
  });
  const user = emulator.dashboard.createUser({ email_address: ["ada@example.com"] });
  return {
    emulator,
    faulty,
    clerk,
    user,
    getUser: () => clerk.read("get_user", ({ users }) => users.getUser(user.id)),
    createUser: (emailAddress: string) =>
      clerk.write("create_user", ({ users }) =>
        users.createUser({ emailAddress: [emailAddress], skipPasswordRequirement: true }),
      ),
    metric: async (name: string, labels: Record<string, string> = {}) =>
      readMetric(await registry.metrics(), name, labels),
  };
}

/** The first requests fail, each in its way; the others pass. */
const failing = (...faults: Fault[]) => {
  const left = [...faults];
  return () => left.shift();
};

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

test("a read that failed on Clerk's side or on the way is made again", async () => {
  const { faulty, getUser, user, metric } = await open();
  faulty.failWhen(failing({ kind: "answer", status: 500 }, { kind: "cut" }));
  expect((await getUser()).id).toBe(user.id);
  expect(faulty.requests).toHaveLength(3);
  expect(await metric("bridge_clerk_requests_total", { operation: "get_user", outcome: "failed" })).toBe(1);
  expect(await metric("bridge_clerk_requests_total", { operation: "get_user", outcome: "unreachable" })).toBe(1);
  expect(await metric("bridge_clerk_requests_total", { operation: "get_user", outcome: "ok" })).toBe(1);
  expect(await metric("bridge_clerk_request_seconds_count", { operation: "get_user" })).toBe(3);
  expect(await metric("bridge_clerk_requests_under_way")).toBe(0);
});

test("a read that goes on failing is given up: 502 for Clerk's errors, 503 with Retry-After when it is away", async () => {
  const { faulty, getUser } = await open();
  faulty.failWhen(() => ({
    kind: "answer",
    status: 500,
    headers: { "content-type": "text/html" },
    body: "<html>raw</html>",
  }));
  expect(await failureOf(getUser())).toMatchObject({ status: 502, code: "clerk_failed" });
  faulty.failWhen(() => ({ kind: "answer", status: 503, headers: { "retry-after": "7" } }));
  expect(await failureOf(getUser())).toMatchObject({
    status: 503,
    code: "clerk_unavailable",
    headers: { "retry-after": "7" },
  });
  faulty.failWhen(() => ({ kind: "cut" }));
  expect(await failureOf(getUser())).toMatchObject({ status: 503, code: "clerk_unavailable" });
  expect(faulty.requests).toHaveLength(9);
});

test.for<[string, Fault]>([
  ["Clerk failed", { kind: "answer", status: 500 }],
  ["the connection broke", { kind: "cut" }],
  ["the answer was lost", { kind: "lose_answer" }],
])("a write is never repeated when nobody knows whether Clerk did it: %s", async ([, fault]) => {
  const { faulty, createUser } = await open();
  faulty.failWhen(failing(fault));
  expect(await failureOf(createUser("grace@example.com"))).toBeInstanceOf(ApiError);
  expect(faulty.requests).toHaveLength(1);
});

test("what Clerk put off with 429 is done after Retry-After, a write too", async () => {
  const { emulator, faulty, createUser } = await open();
  faulty.failWhen(failing({ kind: "answer", status: 429, headers: { "retry-after": "1" } }));
  const startedAt = performance.now();
  const { id } = await createUser("grace@example.com");
  expect(performance.now() - startedAt).toBeGreaterThan(990);
  expect(emulator.dashboard.getUser(id).id).toBe(id);
});

test("a Retry-After beyond the time that a call may wait is handed on as 503", async () => {
  const { faulty, getUser } = await open();
  faulty.failWhen(() => ({ kind: "answer", status: 429, headers: { "retry-after": "60" } }));
  expect(await failureOf(getUser())).toMatchObject({
    status: 503,
    code: "clerk_unavailable",
    headers: { "retry-after": "60" },
  });
  expect(faulty.requests).toHaveLength(1);
});

test("a Clerk that does not answer costs one time-out, and no repeat", async () => {
  const { faulty, getUser, createUser, metric } = await open({ limits: { readTimeoutMs: 100, writeTimeoutMs: 150 } });
  faulty.failWhen(() => ({ kind: "hang" }));
  expect(await failureOf(getUser())).toMatchObject({ status: 503, code: "clerk_unavailable" });
  expect(await failureOf(createUser("grace@example.com"))).toMatchObject({ status: 503 });
  expect(faulty.requests).toHaveLength(2);
  expect(await metric("bridge_clerk_requests_total", { outcome: "timed_out" })).toBe(2);
});

test("what Clerk refuses says why by code and parameter, and is not repeated", async () => {
  const { faulty, createUser, clerk } = await open();
  const taken = await failureOf(createUser("ada@example.com"));
  expect(taken).toBeInstanceOf(ClerkRefusal);
  expect(taken).toMatchObject({ status: 422, codes: ["form_identifier_exists"], paramNames: ["email_address"] });
  expect(await failureOf(clerk.read("get_user", ({ users }) => users.getUser("user_nobody")))).toMatchObject({
    status: 404,
    codes: ["resource_not_found"],
  });
  expect(faulty.requests).toHaveLength(2);
});

test("a bug in a call is thrown as it is", async () => {
  const { clerk } = await open();
  expect(await failureOf(clerk.read("bug", ({ users }) => users.getUser("")))).not.toBeInstanceOf(ApiError);
});

test("no more calls than allowed are under way; the others wait, and hear 503 when their time is over", async () => {
  const { faulty, clerk, user, metric } = await open({ limits: { underWay: 2, readTimeoutMs: 300 } });
  faulty.failWhen(() => ({ kind: "hang" }));
  const getUser = (waitMs: number) => clerk.read("get_user", ({ users }) => users.getUser(user.id), { waitMs });
  const failures = await Promise.all([1_000, 1_000, 100, 100].map((waitMs) => failureOf(getUser(waitMs))));
  expect(failures).toMatchObject(Array.from({ length: 4 }, () => ({ status: 503, code: "clerk_unavailable" })));
  expect(faulty.requests).toHaveLength(2);
  expect(await metric("bridge_clerk_turned_away_total")).toBe(2);
});

test("while Redis is away a process spends its own share of the limit, and turns away what cannot have its turn", async () => {
  const { faulty, clerk, user } = await open({ rateLimit: 20 });
  const getUser = () => clerk.read("get_user", ({ users }) => users.getUser(user.id), { waitMs: 100 });
  const results = await Promise.allSettled(Array.from({ length: 8 }, getUser));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  expect(faulty.requests).toHaveLength(5);
  const turnedAway = results.find((result) => result.status === "rejected")?.reason;
  expect(turnedAway).toMatchObject({
    status: 503,
    code: "clerk_unavailable",
    headers: { "retry-after": expect.stringMatching(/^([1-9]|10)$/) },
  });
});

test("changes of one user beyond Clerk's limit for a user are turned away, changes of others are not", async () => {
  const { emulator, faulty, clerk, user } = await open();
  const other = emulator.dashboard.createUser({ email_address: ["grace@example.com"] });
  const change = (id: string) =>
    clerk.write("users.update", ({ users }) => users.updateUser(id, { firstName: "A" }), { patches: id, waitMs: 100 });
  // Ten in ten seconds, of which a process has its share while Redis is away.
  const results = await Promise.allSettled(Array.from({ length: 4 }, () => change(user.id)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  expect(await failureOf(change(user.id))).toMatchObject({
    status: 503,
    code: "clerk_unavailable",
    headers: { "retry-after": expect.stringMatching(/^([1-9]|10)$/) },
  });
  expect((await change(other.id)).id).toBe(other.id);
  expect(faulty.requests).toHaveLength(3);
});

test("the worker's reader tells the missing from the unavailable", async () => {
  const { faulty, clerk, user } = await open();
  const read = createUserReader(clerk, () => 42);
  expect(await read(user.id)).toMatchObject({ outcome: "found", readAt: 42, data: { id: user.id } });
  expect(await read("user_nobody")).toEqual({ outcome: "missing" });
  expect(await read("../users")).toEqual({ outcome: "missing" });
  faulty.failWhen(() => clerkError(401, "clerk_key_invalid"));
  expect(await read(user.id)).toMatchObject({ outcome: "unavailable" });
  faulty.failWhen(() => ({ kind: "cut" }));
  expect(await read(user.id)).toMatchObject({ outcome: "unavailable" });
});
