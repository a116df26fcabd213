import { expect, onTestFinished, test } from "vitest";
import { clerkError } from "../../support/clerk/faulty-clerk.ts";
import { openAccountApi } from "../../support/api/open-api.ts";
import { signServiceToken } from "../../support/api/tokens.ts";

interface VerifyOptions {
  readonly clientIp?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

async function open(variables: Readonly<Record<string, string>> = {}) {
  const api = await openAccountApi({ PASSWORD_FAILURE_MIN_MS: "0", ...variables });
  onTestFinished(() => api[Symbol.asyncDispose]());
  const verify = async (
    email: string,
    password: string,
    { clientIp, token = api.admin, headers = {} }: VerifyOptions = {},
  ) => {
    const {
      status,
      body,
      headers: responseHeaders,
    } = await api.call("POST /api/auth/verify-password", token, {
      body: { email, password, clientIp },
      headers,
    });
    const { requestId: _, ...rest } = body;
    return { status, body: rest, headers: responseHeaders };
  };
  return { ...api, verify };
}
const invalidCredentials = { status: 401, body: { error: "Invalid email or password", code: "invalid_credentials" } };

test("the right password returns the user, whatever the case of the email address", async () => {
  const { verify, ada } = await open();
  const { status, body } = await verify("Ada@Example.com", "engines-and-looms");
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: ada.id, firstName: "Ada", emailAddress: ["ada@example.com"], role: "user" });
  expect(JSON.stringify(body)).not.toMatch(/note|engines/);
});

test("every failed password check has the same response, the same Clerk calls and the same duration", async () => {
  const { verify, clerk, dashboard, logged, dumpRedis } = await open({
    PASSWORD_FAILURE_MIN_MS: "150",
    PASSWORD_ATTEMPTS_PER_EMAIL: "100",
  });
  const { id: bannedId } = dashboard.createUser({
    email_address: ["banned@example.com"],
    password: "engines-and-looms",
  });
  const { id: lockedId } = dashboard.createUser({
    email_address: ["locked@example.com"],
    password: "engines-and-looms",
  });
  dashboard.createUser({ email_address: ["bare@example.com"] });
  dashboard.banUser(bannedId);
  dashboard.lockUser(lockedId);
  const attempts = [
    { email: "ada@example.com", password: "wrong", reason: "wrong_password" },
    { email: "ada@example.com", password: "engines-and-loom", reason: "wrong_password" },
    { email: "unknown@example.com", password: "engines-and-looms", reason: "unknown_email" },
    { email: "bare@example.com", password: "engines-and-looms", reason: "no_password" },
    { email: "banned@example.com", password: "engines-and-looms", reason: "banned" },
    { email: "locked@example.com", password: "engines-and-looms", reason: "locked" },
  ];
  for (const { email, password } of attempts) {
    const startedAt = performance.now();
    const { value, requests } = await clerk.during(() => verify(email, password));
    expect(value).toMatchObject(invalidCredentials);
    expect(performance.now() - startedAt).toBeGreaterThan(145);
    expect(requests.toSorted().map((request) => request.replace(/user_\w+/, "one"))).toEqual([
      "GET /users",
      "POST /users/one/verify_password",
    ]);
  }
  expect(logged("auth.login_failed")).toMatchObject(
    attempts.map(({ email, reason }) => ({
      level: "warn",
      msg: "Failed login attempt",
      email,
      reason,
      ip: "127.0.0.1",
    })),
  );
  // Counted per hour and per day.
  const counts = [...(await dumpRedis()).matchAll(/"password_rejected","(\d+)"/g)].map(([, count]) => Number(count));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * attempts.length);
});

test("a failed password check is logged with the user agent and without the password", async () => {
  const { verify, logged, log, readAudit } = await open();
  await verify("ada@example.com", "hunter2-hunter2", { headers: { "user-agent": "curl/8.5" } });
  await verify("ada@example.com", "engines-and-looms");
  expect(logged("auth.login_failed")).toMatchObject([{ email: "ada@example.com", userAgent: "curl/8.5" }]);
  expect(log() + JSON.stringify(await readAudit())).not.toMatch(/hunter2|engines/);
});

test("failed password checks are in the audit trail, repeats as a number, and in the analytics with the success rate", async () => {
  const api = await open();
  const { verify, ada, call, readAudit } = api;
  await verify("ada@example.com", "engines-and-looms");
  for (let time = 0; time < 3; time += 1) await verify("ada@example.com", "wrong", { clientIp: "203.0.113.7" });
  await verify("unknown@example.com", "wrong");
  const { body } = await call("GET /api/analytics/logins", api.admin);
  expect(body).toMatchObject({ totals: { attempts: 5, successes: 1, failures: 4, successRate: 0.2 } });
  await api.stop();
  const failed = { action: "auth.login_failed", outcome: "denied", actor: { kind: "service", id: "billing" } };
  const ofAda = { ...failed, targetId: ada.id, ip: "203.0.113.7", reason: "wrong_password" };
  const ofUnknown = { ...failed, ip: "127.0.0.1", reason: "unknown_email" };
  expect(await readAudit()).toMatchObject([ofAda, ofUnknown, { ...ofAda, count: 2 }]);
});

test("an unverified email address never passes a password check", async () => {
  const { verify, clerk, dashboard } = await open();
  const mallory = dashboard.createUser({ email_address: ["mallory@example.com"], password: "mallory-password" });
  // Clerk's answer when Mallory has claimed the victim's address without verifying it.
  const claimed = {
    ...mallory,
    email_addresses: [
      ...mallory.email_addresses,
      { id: "idn_claimed", email_address: "victim@example.com", verification: { status: "unverified" }, linked_to: [] },
    ],
  };
  clerk.failWhen(({ path }) => {
    if (path.startsWith("/users/count")) return { kind: "answer", status: 200, body: '{"total_count":1}' };
    if (path.startsWith("/users?")) return { kind: "answer", status: 200, body: JSON.stringify([claimed]) };
    return undefined;
  });
  expect(await verify("victim@example.com", "mallory-password")).toMatchObject(invalidCredentials);
  expect((await verify("mallory@example.com", "mallory-password")).status).toBe(200);
});

test("failed password checks are limited per email address; successful ones and other addresses are not", async () => {
  const { verify, dashboard, dumpRedis } = await open({ PASSWORD_ATTEMPTS_PER_EMAIL: "3" });
  dashboard.createUser({ email_address: ["bob@example.com"], password: "bobs-own-password" });
  for (let time = 0; time < 5; time += 1)
    expect((await verify("ada@example.com", "engines-and-looms")).status).toBe(200);
  for (const email of ["ada@example.com", "ADA@example.com", "ada@EXAMPLE.com"]) {
    expect((await verify(email, "wrong")).status).toBe(401);
  }
  const limited = await verify("ada@example.com", "engines-and-looms");
  expect(limited).toMatchObject({ status: 429, body: { error: "Too many requests", code: "rate_limited" } });
  expect(Number(limited.headers["retry-after"])).toBeGreaterThan(800);
  expect((await verify("bob@example.com", "bobs-own-password")).status).toBe(200);
  expect(await dumpRedis()).not.toContain("ada@example.com");
});

test("failed password checks are limited per client address that the back end passes, across all email addresses", async () => {
  const { verify, clerk } = await open({ PASSWORD_ATTEMPTS_PER_IP: "4" });
  const from = (clientIp: string) => ({ clientIp });
  for (const name of ["a", "b", "c", "d"]) {
    expect((await verify(`${name}@example.com`, "Password1!", from("192.0.2.1"))).status).toBe(401);
  }
  const { value, requests } = await clerk.during(() => verify("e@example.com", "Password1!", from("192.0.2.1")));
  expect([value.status, requests]).toEqual([429, []]);
  expect((await verify("e@example.com", "Password1!", from("192.0.2.2"))).status).toBe(401);
  expect((await verify("e@example.com", "Password1!", from("no address"))).status).toBe(400);
});

test("wrong passwords of one client lock out no other account and no other back end", async () => {
  const { verify } = await open({ PASSWORD_ATTEMPTS_PER_EMAIL: "3", PASSWORD_ATTEMPTS_PER_IP: "4" });
  for (let time = 0; time < 30; time += 1) await verify(`${time}@example.com`, "wrong");
  for (let time = 0; time < 5; time += 1) await verify("ada@example.com", "wrong");
  expect((await verify("ada@example.com", "engines-and-looms")).status).toBe(429);
  const token = await signServiceToken({ sub: "another-back-end" });
  expect((await verify("ada@example.com", "engines-and-looms", { token })).status).toBe(200);
});

test("a password check requires accounts:verify", async () => {
  const { call, sessionToken, ada } = await open();
  const body = { email: "ada@example.com", password: "engines-and-looms" };
  expect(await call("POST /api/auth/verify-password", undefined, { body })).toMatchObject({
    status: 401,
    body: { error: "Access token required" },
  });
  for (const token of [await sessionToken(ada.id), await signServiceToken({ role: "user" })]) {
    expect(await call("POST /api/auth/verify-password", token, { body })).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
  }
});

test("a Clerk failure or an invalid secret key is not reported as a wrong password", async () => {
  const { verify, clerk, logged } = await open();
  const failAt = (status: number, code: string) =>
    clerk.failWhen(({ path }) => (path.endsWith("/verify_password") ? clerkError(status, code) : undefined));
  failAt(500, "internal_clerk_error");
  expect(await verify("ada@example.com", "engines-and-looms")).toMatchObject({
    status: 502,
    body: { code: "clerk_failed" },
  });
  failAt(401, "clerk_key_invalid");
  expect(await verify("ada@example.com", "engines-and-looms")).toMatchObject({
    status: 502,
    body: { code: "clerk_failed" },
  });
  expect(logged("auth.login_failed")).toEqual([]);
});
