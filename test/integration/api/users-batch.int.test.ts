import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { z } from "zod";
import { newUserBody, openAccountApi } from "../../support/api/open-api.ts";

const responseSchema = z.object({
  results: z.array(
    z.looseObject({
      index: z.number(),
      status: z.number(),
      user: z.looseObject({ id: z.string() }).optional(),
      error: z.looseObject({ code: z.string(), error: z.string() }).optional(),
    }),
  ),
  succeeded: z.number(),
  failed: z.number(),
});

let api: Awaited<ReturnType<typeof openAccountApi>>;
beforeAll(async () => {
  api = await openAccountApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const createPerson = () => api.dashboard.createUser({ email_address: [`${randomUUID()}@example.com`] });
const send = (operations: unknown, token = api.admin, headers: Record<string, string> = {}) =>
  api.call("POST /api/users/batch", token, { body: { operations }, headers });

async function run(operations: unknown) {
  const { status, body } = await send(operations);
  expect(status).toBe(207);
  return responseSchema.parse(body);
}
const statuses = ({ results }: z.infer<typeof responseSchema>) => results.map(({ status }) => status);

describe("POST /api/users/batch", () => {
  test("creates, updates and deletes users and returns one result per operation, in order", async () => {
    const [changed, deleted] = [createPerson(), createPerson()];
    const first = newUserBody();
    const answer = await run([
      { type: "create", user: first },
      { type: "update", userId: changed.id, user: { firstName: "Amazing" } },
      { type: "delete", userId: deleted.id },
    ]);
    expect(answer).toMatchObject({
      results: [
        { index: 0, status: 201, user: { username: first.username, role: "user" } },
        { index: 1, status: 200, user: { id: changed.id, firstName: "Amazing" } },
        { index: 2, status: 204 },
      ],
      succeeded: 3,
      failed: 0,
    });
    expect(api.dashboard.getUser(changed.id).first_name).toBe("Amazing");
    expect(api.dashboard.users().map(({ id }) => id)).not.toContain(deleted.id);
    const actions = (await api.readAudit()).slice(-3).map(({ action }) => action);
    expect(actions.toSorted()).toEqual(["user.created", "user.deleted", "user.updated"]);
  });

  test("reports each operation as if it ran alone, whether others fail or succeed", async () => {
    const person = createPerson();
    const answer = await run([
      { type: "create", user: newUserBody({ emailAddress: ["ada@example.com"] }) },
      { type: "update", userId: "user_unknown", user: { firstName: "No" } },
      { type: "create", user: newUserBody({ firstName: "x", password: "short" }) },
      { type: "rename", userId: person.id },
      null,
      { type: "update", userId: "../users", user: {} },
      { type: "update", userId: person.id, user: { role: "admin" } },
      { type: "delete", userId: person.id },
      { type: "delete", userId: person.id },
    ]);
    expect(statuses(answer)).toEqual([409, 404, 400, 400, 400, 400, 400, 204, 404]);
    expect(answer).toMatchObject({ succeeded: 1, failed: 8 });
    expect(answer.results.slice(0, 3).map(({ error }) => error)).toMatchObject([
      { code: "user_already_exists", error: "User with email ada@example.com already exists" },
      { code: "user_not_found", error: "User with ID user_unknown not found" },
      { code: "invalid_input", details: [{ path: "user.firstName" }, { path: "user.password" }] },
    ]);
  });

  test("runs operations on one user, and creations with one address, in their order", async () => {
    const person = createPerson();
    const twin = newUserBody();
    const { value: answer, requests } = await api.clerk.during(() =>
      run([
        { type: "create", user: twin },
        { type: "update", userId: person.id, user: { firstName: "One" } },
        { type: "update", userId: person.id, user: { firstName: "Two" } },
        { type: "create", user: { ...twin, username: newUserBody().username } },
        { type: "update", userId: person.id, user: { firstName: "Three" } },
      ]),
    );
    expect(statuses(answer)).toEqual([201, 200, 200, 409, 200]);
    expect(requests.filter((request) => request.endsWith(person.id)).map((request) => request.split(" ")[0])).toEqual([
      "GET",
      "PATCH",
      "GET",
      "PATCH",
      "GET",
      "PATCH",
    ]);
    expect(api.dashboard.getUser(person.id).first_name).toBe("Three");
  });

  test("accepts 1 to 100 operations", async () => {
    const operations = (count: number) =>
      Array.from({ length: count }, () => ({ type: "create", user: newUserBody({ password: "nanoseconds" }) }));
    const answer = await run(operations(100));
    expect(answer).toMatchObject({ succeeded: 100, failed: 0 });
    expect(answer.results.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    for (const wrong of [operations(101), [], undefined, "x"]) {
      const { status, body } = await send(wrong);
      expect({ status, body }).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    }
  });

  test("reports 503 for every operation while Clerk is unavailable, without calling Clerk for each", async () => {
    api.clerk.failWhen(() => ({ kind: "cut" }));
    onTestFinished(() => api.clerk.failWhen(() => undefined));
    const operations = Array.from({ length: 60 }, () => ({ type: "create", user: newUserBody() }));
    const { value: answer, requests } = await api.clerk.during(() => run([...operations, { type: "nonsense" }]));
    expect(statuses(answer)).toEqual([...Array.from({ length: 60 }, () => 503), 400]);
    expect(answer.results[59]?.error).toMatchObject({ code: "clerk_unavailable" });
    expect(requests.length).toBeLessThanOrEqual(5);
  });

  test("limits a Clerk failure to its own operation", async () => {
    const people = [createPerson(), createPerson(), createPerson()];
    api.clerk.failWhen(({ method, path }) =>
      method === "PATCH" && path.includes(people[1]?.id ?? "") ? { kind: "answer", status: 500 } : undefined,
    );
    onTestFinished(() => api.clerk.failWhen(() => undefined));
    const answer = await run(people.map(({ id }) => ({ type: "update", userId: id, user: { firstName: "New" } })));
    expect(statuses(answer)).toEqual([200, 502, 200]);
    expect(answer.results[1]?.error).toEqual({ code: "clerk_failed", error: "Clerk failed to answer" });
  });

  test("waits for the Clerk rate limit that other processes may have used up", async () => {
    const prefix = `test-${randomUUID()}`;
    const slow = await openAccountApi({ CLERK_RATE_LIMIT: "8", REDIS_PREFIX: prefix });
    onTestFinished(() => slow[Symbol.asyncDispose]());
    const redis = new Redis(inject("redisUrl"));
    onTestFinished(() => redis.disconnect());
    await redis.set(`${prefix}:clerk:all`, 8, "PX", 1_500);
    const startedAt = performance.now();
    const { value, requests } = await slow.clerk.during(() =>
      slow.call("POST /api/users/batch", slow.admin, {
        body: { operations: Array.from({ length: 7 }, () => ({ type: "create", user: newUserBody() })) },
      }),
    );
    expect(value).toMatchObject({ status: 207, body: { succeeded: 7, failed: 0 } });
    expect(requests).toHaveLength(7);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  });

  test("runs once with an Idempotency-Key", async () => {
    const key = { "idempotency-key": randomUUID() };
    const operations = [{ type: "create", user: newUserBody() }, { type: "nonsense" }];
    const first = await send(operations, api.admin, key);
    const { value: second, requests } = await api.clerk.during(() => send(operations, api.admin, key));
    expect(second).toMatchObject({ status: 207, body: first.body, headers: { "idempotency-replayed": "true" } });
    expect(requests).toEqual([]);
    expect(await send([], api.admin, key)).toMatchObject({ status: 422 });
  });

  test("requires users:write, and users:delete for deletions", async () => {
    const person = createPerson();
    const deletion = [{ type: "delete", userId: person.id }];
    expect(await send(deletion, await api.sessionToken(person.id))).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
    const roles = await openAccountApi({ ROLES_FILE: `${import.meta.dirname}/users-roles.json` });
    onTestFinished(() => roles[Symbol.asyncDispose]());
    const writer = await roles.sessionToken("user_writer", "writer");
    const update = { type: "update", userId: roles.ada.id, user: { firstName: "Countess" } };
    const call = (operations: unknown) => roles.call("POST /api/users/batch", writer, { body: { operations } });
    expect(await call([update, { type: "delete", userId: roles.ada.id }])).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
    expect(roles.dashboard.getUser(roles.ada.id).first_name).toBe("Ada");
    expect(await call([update])).toMatchObject({ status: 207, body: { succeeded: 1 } });
  });
});
