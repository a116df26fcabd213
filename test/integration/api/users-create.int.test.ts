import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { callApi } from "../../support/api/call-api.ts";
import { newUserBody, openAccountApi, openApi } from "../../support/api/open-api.ts";
import { readMetric } from "../../support/bridge/read-metric.ts";

let api: Awaited<ReturnType<typeof openAccountApi>>;
beforeAll(async () => {
  api = await openAccountApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const create = (body: unknown, token: string | undefined = api.admin, headers: Record<string, string> = {}) =>
  api.call("POST /api/users", token, { body, headers });
const responseOf = ({ status, body }: { status: number; body: unknown }) => ({ status, body });

test("POST /api/users creates the user in Clerk and returns it", async () => {
  const body = newUserBody({ emailAddress: [`Grace.${randomUUID()}@Example.com`, `${randomUUID()}@example.com`] });
  const { value, requests } = await api.clerk.during(() => create(body));
  const emailAddress = body.emailAddress.map((address) => address.toLowerCase());
  expect(value).toMatchObject({
    status: 201,
    body: {
      id: expect.stringMatching(/^user_/),
      firstName: "Grace",
      lastName: "Hopper",
      username: body.username,
      emailAddress,
      role: "user",
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    },
  });
  expect(requests).toEqual(["POST /users"]);
  const id = String(value.body["id"]);
  expect(value.headers["location"]).toBe(`/api/users/${id}`);
  expect(api.dashboard.getUser(id).email_addresses.map(({ verification }) => verification?.status)).toEqual([
    "verified",
    "verified",
  ]);
  expect(await api.call(`GET /api/users/${id}`, api.admin)).toMatchObject({ status: 200, body: value.body });
});

test("the log and the audit trail record a new user without the password", async () => {
  const body = newUserBody();
  const { body: user } = await create(body);
  expect(api.logged("user.created").at(-1)).toMatchObject({
    msg: "User created successfully",
    userId: user["id"],
    email: body.emailAddress[0],
    role: "user",
    source: "api",
  });
  expect((await api.readAudit()).at(-1)).toMatchObject({
    action: "user.created",
    outcome: "done",
    actor: { kind: "service", id: "billing" },
    targetId: user["id"],
    after: { username: body.username, emailAddress: body.emailAddress },
  });
  expect(api.log()).not.toContain(body.password);
  expect(await api.dumpRedis()).not.toContain(body.password);
});

test("creating a user with a taken address is 409 and names that address, also among several", async () => {
  const free = `${randomUUID()}@example.com`;
  expect(await create(newUserBody({ emailAddress: ["ada@example.com"] }))).toMatchObject({
    status: 409,
    body: { error: "User with email ada@example.com already exists", code: "user_already_exists" },
  });
  expect(await create(newUserBody({ emailAddress: [free, "ADA@example.com"] }))).toMatchObject({
    status: 409,
    body: { error: "User with email ada@example.com already exists" },
  });
  expect((await api.readAudit()).at(-1)).toMatchObject({
    action: "user.created",
    outcome: "failed",
    reason: "user_already_exists",
  });
});

test("creating a user with a taken username is 409", async () => {
  const body = newUserBody();
  await create(body);
  expect(await create(newUserBody({ username: body.username }))).toMatchObject({
    status: 409,
    body: { error: `User with username ${body.username} already exists`, code: "username_taken" },
  });
});

test.for<[string, Record<string, unknown>, string]>([
  ["a first name of one letter", { firstName: "G" }, "firstName"],
  ["a first name of spaces", { firstName: "    " }, "firstName"],
  ["a last name of 51 letters", { lastName: "x".repeat(51) }, "lastName"],
  ["a name with a line break", { lastName: "Hop\nper" }, "lastName"],
  ["a name with NUL", { firstName: "Gra\u0000ce" }, "firstName"],
  ["a name with half of a surrogate pair", { firstName: "Grace \uD83D" }, "firstName"],
  ["a password with NUL", { password: "correct Horse \u0000 battery" }, "password"],
  ["a password with half of a surrogate pair", { password: "correct Horse \uDC00 battery" }, "password"],
  ["a username of one letter", { username: "g" }, "username"],
  ["no username", { username: undefined }, "username"],
  ["no email address", { emailAddress: [] }, "emailAddress"],
  ["an invalid email address", { emailAddress: ["grace@example.com", "invalid"] }, "emailAddress.1"],
  ["the same address twice", { emailAddress: ["a@example.com", "A@example.com"] }, "emailAddress"],
  ["an email address that is not a list", { emailAddress: "a@example.com" }, "emailAddress"],
  ["a password of 7 characters", { password: "1234567" }, "password"],
  ["a password of 51 characters", { password: "x".repeat(51) }, "password"],
  ["a role", { role: "admin" }, ""],
  ["metadata", { publicMetadata: { role: "admin" } }, ""],
])("creating a user with %s is 400 and names the field", async ([, changes, path]) => {
  const { value, requests } = await api.clerk.during(() => create(newUserBody(changes)));
  expect(value).toMatchObject({
    status: 400,
    body: {
      error: "Invalid input",
      code: "invalid_input",
      details: expect.arrayContaining([{ path, message: expect.any(String) }]),
    },
  });
  expect(requests).toEqual([]);
});

test("names of 2 and of 50 letters are accepted, and surrounding spaces are removed", async () => {
  const { status, body } = await create(newUserBody({ firstName: "  Li ", lastName: "x".repeat(50) }));
  expect({ status, body }).toMatchObject({ status: 201, body: { firstName: "Li", lastName: "x".repeat(50) } });
});

test("input that Clerk rejects is 400 with the API's own messages and field names", async () => {
  const { status, body } = await create(newUserBody({ username: "gh!", password: "password123" }));
  expect(status).toBe(400);
  expect(body["details"]).toEqual([
    { path: "username", message: "Too short or too long for the Clerk instance" },
    { path: "password", message: "Found in a data breach; choose another password" },
  ]);
  expect(await create(newUserBody({ username: "gh!!" }))).toMatchObject({
    body: { details: [{ path: "username", message: "May only contain letters, digits, _ and -" }] },
  });
});

test("creating a user requires users:write while registration is closed", async () => {
  expect(responseOf(await api.call("POST /api/users", undefined, { body: newUserBody() }))).toMatchObject({
    status: 401,
    body: { error: "Access token required" },
  });
  expect(responseOf(await create(newUserBody(), await api.sessionToken(api.ada.id)))).toMatchObject({
    status: 403,
    body: { error: "Admin access required" },
  });
  expect(responseOf(await create(newUserBody(), await api.sessionToken("user_boss", "admin")))).toMatchObject({
    status: 201,
  });
});

test("OPEN_REGISTRATION allows creation without a token, logged as a registration", async () => {
  const open = await openAccountApi({ OPEN_REGISTRATION: "true" });
  onTestFinished(() => open[Symbol.asyncDispose]());
  const body = newUserBody();
  expect(await open.call("POST /api/users", undefined, { body })).toMatchObject({
    status: 201,
    body: { role: "user" },
  });
  expect(open.logged("user.created")).toMatchObject([{ source: "registration", email: body.emailAddress[0] }]);
  expect((await open.readAudit()).at(-1)).toMatchObject({ action: "user.created", actor: { kind: "anonymous" } });
});

test("a registration has one address, which is unverified", async () => {
  const open = await openAccountApi({ OPEN_REGISTRATION: "true" });
  onTestFinished(() => open[Symbol.asyncDispose]());
  const emailAddress = [`${randomUUID()}@example.com`, `${randomUUID()}@example.com`];
  const register = (addresses: readonly string[]) =>
    open.call("POST /api/users", undefined, { body: newUserBody({ emailAddress: addresses }) });
  expect(await register(emailAddress)).toMatchObject({
    status: 400,
    body: { details: [{ path: "emailAddress", message: "Only one address without a token" }] },
  });
  expect(await register(emailAddress.slice(0, 1))).toMatchObject({ status: 201 });
  const created = open.dashboard.users().find((user) => user.id !== open.ada.id);
  expect(created?.email_addresses).toHaveLength(1);
  expect(created?.email_addresses.map(({ verification }) => verification?.status)).not.toContain("verified");
});

test("only created users count as registrations", async () => {
  const open = await openAccountApi({ OPEN_REGISTRATION: "true", RATE_LIMIT_REGISTRATIONS: "2" });
  onTestFinished(() => open[Symbol.asyncDispose]());
  const register = (body: unknown, headers: Record<string, string> = {}) =>
    open.call("POST /api/users", undefined, { body, headers });
  for (const password of ["1234567", "password"]) {
    expect(await register(newUserBody({ password }))).toMatchObject({ status: 400 });
  }
  const first = newUserBody();
  const once = { "idempotency-key": "once" };
  expect(await register(first, once)).toMatchObject({ status: 201 });
  expect(await register(first, once)).toMatchObject({ status: 201 });
  expect(await register(first)).toMatchObject({ status: 409 });
  expect(await register(newUserBody())).toMatchObject({ status: 201 });
  expect(await register(newUserBody())).toMatchObject({ status: 429, body: { code: "rate_limited" } });
});

test("LOG_EMAILS=false keeps email addresses out of the log", async () => {
  const redacting = await openAccountApi({ LOG_EMAILS: "false" });
  onTestFinished(() => redacting[Symbol.asyncDispose]());
  const body = newUserBody();
  await redacting.call("POST /api/users", redacting.admin, { body });
  expect(redacting.logged("user.created")).toMatchObject([{ email: "[redacted]" }]);
  expect(redacting.log()).not.toContain(body.emailAddress[0]);
});

test("a creation whose response from Clerk is lost is 503, is not retried, and its repeat is 409", async () => {
  const body = newUserBody();
  api.clerk.failWhen(({ method }) => (method === "POST" ? { kind: "lose_answer" } : undefined));
  onTestFinished(() => api.clerk.failWhen(() => undefined));
  const { value, requests } = await api.clerk.during(() => create(body));
  expect(value).toMatchObject({ status: 503, body: { code: "clerk_unavailable" } });
  expect(requests).toEqual(["POST /users"]);
  expect((await api.readAudit()).at(-1)).toMatchObject({ outcome: "failed", reason: "clerk_unavailable" });
  api.clerk.failWhen(() => undefined);
  expect(await create(body)).toMatchObject({ status: 409 });
});

test("an invalid Clerk secret key is 502, not a client error", async () => {
  const broken = await openAccountApi({ CLERK_SECRET_KEY: "sk_test_wrong" });
  onTestFinished(() => broken[Symbol.asyncDispose]());
  expect(await broken.call("POST /api/users", broken.admin, { body: newUserBody() })).toMatchObject({
    status: 502,
    body: { code: "clerk_failed" },
  });
});

test("users can be created, read and deleted while Redis is unavailable, except with an idempotency key", async () => {
  const isolatedApi = await openApi({
    variables: { REDIS_URL: "redis://127.0.0.1:9", CLERK_RATE_LIMIT: "1000" },
    waitUntilReady: false,
  });
  onTestFinished(() => isolatedApi[Symbol.asyncDispose]());
  const body = JSON.stringify(newUserBody());
  const options = { token: api.admin, body };
  const keyed = { ...options, headers: { "idempotency-key": "once" } };
  expect(await callApi(isolatedApi.url, "POST /api/users", keyed)).toMatchObject({
    status: 503,
    body: { code: "idempotency_unavailable" },
  });
  const created = await callApi(isolatedApi.url, "POST /api/users", options);
  expect(created).toMatchObject({ status: 201 });
  const path = `/api/users/${String(created.body["id"])}`;
  expect(await callApi(isolatedApi.url, `GET ${path}`, { token: api.admin })).toMatchObject({ status: 200 });
  expect(await callApi(isolatedApi.url, `DELETE ${path}`, { token: api.admin })).toMatchObject({ status: 204 });
  expect(isolatedApi.log().match(/snapshot.not_queued/g)).toHaveLength(2);
  const metrics = await (await fetch(`${isolatedApi.url}/metrics`)).text();
  expect(readMetric(metrics, "bridge_api_changes_total", { outcome: "not_queued" })).toBe(2);
});
