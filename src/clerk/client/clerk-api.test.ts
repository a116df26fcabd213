import { expect, test } from "vitest";
import { ClerkRequestError, ClerkUnavailableError, isClerkOutage } from "./clerk-errors.ts";
import type { Fault } from "../../../test/support/clerk/faulty-clerk.ts";
import { openClerkApi } from "../../../test/support/clerk/open-clerk-api.ts";

// Redis is unavailable in all of these tests: the client must work without it.

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

test("a read is repeated after an error of Clerk's or a broken connection", async () => {
  const { faulty, getUser, user, metric } = await openClerkApi();
  faulty.failWhen(failing({ kind: "answer", status: 500 }, { kind: "cut" }));
  expect((await getUser()).id).toBe(user.id);
  expect(faulty.requests).toHaveLength(3);
  expect(await metric("bridge_clerk_requests_total", { operation: "get_user", outcome: "failed" })).toBe(1);
  expect(await metric("bridge_clerk_requests_total", { operation: "get_user", outcome: "unreachable" })).toBe(1);
  expect(await metric("bridge_clerk_requests_total", { operation: "get_user", outcome: "ok" })).toBe(1);
  expect(await metric("bridge_clerk_request_seconds_count", { operation: "get_user" })).toBe(3);
  expect(await metric("bridge_clerk_requests_in_flight")).toBe(0);
});

test("a read that keeps failing ends as ClerkFailedError or ClerkUnavailableError, with Clerk's Retry-After", async () => {
  const { faulty, getUser } = await openClerkApi();
  faulty.failWhen(() => ({
    kind: "answer",
    status: 500,
    headers: { "content-type": "text/html" },
    body: "<html>raw</html>",
  }));
  expect(await failureOf(getUser())).toMatchObject({ name: "ClerkFailedError" });
  faulty.failWhen(() => ({ kind: "answer", status: 503, headers: { "retry-after": "7" } }));
  expect(await failureOf(getUser())).toMatchObject({ name: "ClerkUnavailableError", retryAfterMs: 7_000 });
  faulty.failWhen(() => ({ kind: "cut" }));
  expect(await failureOf(getUser())).toMatchObject({ name: "ClerkUnavailableError" });
  expect(faulty.requests).toHaveLength(9);
});

test.for<[string, Fault]>([
  ["Clerk failed", { kind: "answer", status: 500 }],
  ["the connection broke", { kind: "cut" }],
  ["the answer was lost", { kind: "lose_answer" }],
])("a write is never repeated when Clerk may have done it: %s", async ([, fault]) => {
  const { faulty, createUser } = await openClerkApi();
  faulty.failWhen(failing(fault));
  expect(isClerkOutage(await failureOf(createUser("grace@example.com")))).toBe(true);
  expect(faulty.requests).toHaveLength(1);
});

test("a call that Clerk answers with 429 is repeated after Retry-After, even a write", async () => {
  const { emulator, faulty, createUser } = await openClerkApi();
  faulty.failWhen(failing({ kind: "answer", status: 429, headers: { "retry-after": "1" } }));
  const startedAt = performance.now();
  const { id } = await createUser("grace@example.com");
  expect(performance.now() - startedAt).toBeGreaterThan(990);
  expect(emulator.dashboard.getUser(id).id).toBe(id);
});

test("a Retry-After longer than the call may wait is passed on to the caller", async () => {
  const { faulty, getUser } = await openClerkApi();
  faulty.failWhen(() => ({ kind: "answer", status: 429, headers: { "retry-after": "60" } }));
  expect(await failureOf(getUser())).toMatchObject({ name: "ClerkUnavailableError", retryAfterMs: 60_000 });
  expect(faulty.requests).toHaveLength(1);
});

test("a call that times out is not repeated", async () => {
  const { faulty, getUser, createUser, metric } = await openClerkApi({
    limits: { readTimeoutMs: 100, writeTimeoutMs: 150 },
  });
  faulty.failWhen(() => ({ kind: "hang" }));
  expect(await failureOf(getUser())).toMatchObject({ name: "ClerkUnavailableError" });
  expect(await failureOf(createUser("grace@example.com"))).toMatchObject({ name: "ClerkUnavailableError" });
  expect(faulty.requests).toHaveLength(2);
  expect(await metric("bridge_clerk_requests_total", { outcome: "timed_out" })).toBe(2);
});

test("a rejected call has Clerk's codes and parameters, and is not repeated", async () => {
  const { faulty, createUser, clerk } = await openClerkApi();
  const taken = await failureOf(createUser("ada@example.com"));
  expect(taken).toBeInstanceOf(ClerkRequestError);
  expect(taken).toMatchObject({
    status: 422,
    issues: [{ code: "form_identifier_exists", paramName: "email_address" }],
  });
  expect(await failureOf(clerk.read("get_user", ({ users }) => users.getUser("user_nobody")))).toMatchObject({
    status: 404,
    issues: [{ code: "resource_not_found" }],
  });
  expect(faulty.requests).toHaveLength(2);
});

test("a bug in a call is thrown unchanged", async () => {
  const { clerk } = await openClerkApi();
  expect(isClerkOutage(await failureOf(clerk.read("bug", ({ users }) => users.getUser(""))))).toBe(false);
});

test("calls beyond the concurrency limit wait, and are unavailable when their time is up", async () => {
  const { faulty, clerk, user, metric } = await openClerkApi({ limits: { maxConcurrent: 2, readTimeoutMs: 300 } });
  faulty.failWhen(() => ({ kind: "hang" }));
  const getUser = (waitMs: number) => clerk.read("get_user", ({ users }) => users.getUser(user.id), { waitMs });
  const failures = await Promise.all([1_000, 1_000, 100, 100].map((waitMs) => failureOf(getUser(waitMs))));
  expect(failures).toMatchObject(Array.from({ length: 4 }, () => ({ name: "ClerkUnavailableError" })));
  expect(faulty.requests).toHaveLength(2);
  expect(await metric("bridge_clerk_throttled_total")).toBe(2);
});

test("without Redis a process spends its own share of the rate limit and throttles the rest", async () => {
  const { faulty, clerk, user } = await openClerkApi({ rateLimit: 20 });
  const getUser = () => clerk.read("get_user", ({ users }) => users.getUser(user.id), { waitMs: 100 });
  const results = await Promise.allSettled(Array.from({ length: 8 }, getUser));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  expect(faulty.requests).toHaveLength(5);
  const throttled = results.find((result) => result.status === "rejected")?.reason;
  expectThrottledWithinWindow(throttled);
});

test("changes beyond Clerk's limit for one user are throttled, changes of other users are not", async () => {
  const { emulator, faulty, clerk, user } = await openClerkApi();
  const other = emulator.dashboard.createUser({ email_address: ["grace@example.com"] });
  const change = (id: string) =>
    clerk.write("users.update", ({ users }) => users.updateUser(id, { firstName: "A" }), { patches: id, waitMs: 100 });
  // Ten in ten seconds, of which a process has its share while Redis is unavailable.
  const results = await Promise.allSettled(Array.from({ length: 4 }, () => change(user.id)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  expectThrottledWithinWindow(await failureOf(change(user.id)));
  expect((await change(other.id)).id).toBe(other.id);
  expect(faulty.requests).toHaveLength(3);
});

/** The window of Clerk's limit has ten seconds. */
function expectThrottledWithinWindow(error: unknown): void {
  if (!(error instanceof ClerkUnavailableError)) throw new Error("the call was not throttled", { cause: error });
  expect(error.retryAfterMs).toBeGreaterThan(0);
  expect(error.retryAfterMs).toBeLessThanOrEqual(10_000);
}
