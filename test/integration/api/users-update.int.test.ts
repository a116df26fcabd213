import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ClerkRequest, Fault } from "../../support/clerk/faulty-clerk.ts";
import { z } from "zod";
import type { State } from "../../../src/domain/state.ts";
import { createCoverage } from "../../../src/reconciliation/coverage.ts";
import { openAccountApi } from "../../support/api/open-api.ts";
import { ownLedgers } from "../../support/redis/ledgers.ts";

let api: Awaited<ReturnType<typeof openAccountApi>>;
let user: ReturnType<typeof createPerson>;
let path: string;
beforeAll(async () => {
  api = await openAccountApi();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(() => {
  user = createPerson();
  path = `/api/users/${user.id}`;
});

function createPerson(changes: Record<string, unknown> = {}) {
  const name = `u${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  return api.dashboard.createUser({
    first_name: "Grace",
    last_name: "Hopper",
    username: name,
    email_address: [`${name}@example.com`],
    password: "nanoseconds-of-wire",
    ...changes,
  });
}
const put = (body: unknown, token = api.admin) => api.call(`PUT ${path}`, token, { body });
const address = (name: string) => `${name}-${user.username}@example.com`;
const addresses = () => {
  const { email_addresses: emails, primary_email_address_id: primary } = api.dashboard.getUser(user.id);
  return emails
    .toSorted((a, b) => Number(b.id === primary) - Number(a.id === primary))
    .map(({ email_address: email }) => email);
};
function failWhen(decide: (request: ClerkRequest) => Fault | undefined): void {
  api.clerk.failWhen(decide);
  onTestFinished(() => api.clerk.failWhen(() => undefined));
}
const withoutIds = (requests: readonly string[]) =>
  requests.map((request) => request.replace(/user_\w+/, ":user").replace(/idn_\w+/, ":email"));

describe("PUT /api/users/:userId", () => {
  test("changes only the given fields, with one read and one write", async () => {
    const { value, requests } = await api.clerk.during(() => put({ lastName: "Murray" }));
    expect(value).toMatchObject({
      status: 200,
      body: { id: user.id, firstName: "Grace", lastName: "Murray", username: user.username, role: "user" },
    });
    expect(withoutIds(requests)).toEqual(["GET /users/:user", "PATCH /users/:user"]);
    expect(api.dashboard.getUser(user.id)).toMatchObject({ first_name: "Grace", last_name: "Murray" });
    expect(await api.call(`GET ${path}`, api.admin)).toMatchObject({ body: { lastName: "Murray" } });
  });

  test("changes nothing when the values are the same or absent", async () => {
    const before = api.dashboard.getUser(user.id).updated_at;
    for (const body of [
      {},
      { firstName: "Grace", username: user.username?.toUpperCase(), emailAddress: addresses() },
    ]) {
      const { value, requests } = await api.clerk.during(() => put(body));
      expect(value).toMatchObject({ status: 200, body: { firstName: "Grace" } });
      expect(withoutIds(requests)).toEqual(["GET /users/:user"]);
    }
    expect(api.dashboard.getUser(user.id).updated_at).toBe(before);
  });

  test("is logged, and the audit trail records the old and new values", async () => {
    await put({ firstName: "Rear", password: "admiral-of-the-fleet" });
    expect(api.logged("user.updated").at(-1)).toMatchObject({
      msg: "User updated successfully",
      userId: user.id,
      fields: ["firstName", "password"],
      source: "api",
    });
    const entry = (await api.readAudit()).at(-1);
    expect(entry).toMatchObject({ action: "user.updated", outcome: "done", targetId: user.id });
    expect(entry).toHaveProperty("before", { firstName: "Grace" });
    expect(entry).toHaveProperty("after", { firstName: "Rear", passwordChanged: true });
    expect(api.log() + (await api.dumpRedis())).not.toContain("admiral");
  });

  test("changes the password", async () => {
    expect(await put({ password: "admiral-of-the-fleet" })).toMatchObject({ status: 200 });
    expect(
      await api.call("POST /api/auth/verify-password", api.admin, {
        body: { email: addresses()[0], password: "admiral-of-the-fleet" },
      }),
    ).toMatchObject({ status: 200 });
  });

  test("is 409 for a taken username, 404 for an unknown user and 400 for invalid input", async () => {
    const other = createPerson();
    expect(await put({ username: other.username })).toMatchObject({
      status: 409,
      body: { error: `User with username ${other.username} already exists` },
    });
    expect(await api.call("PUT /api/users/user_unknown", api.admin, { body: { firstName: "No" } })).toMatchObject({
      status: 404,
      body: { error: "User with ID user_unknown not found", code: "user_not_found" },
    });
    for (const body of [{ firstName: "" }, { firstName: null }, { role: "admin" }, { emailAddress: [] }, [], "x"]) {
      expect(await put(body)).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    }
  });

  test("lets users change themselves, but neither their role nor other users", async () => {
    const self = await api.sessionToken(user.id);
    expect(await put({ firstName: "Amazing" }, self)).toMatchObject({ status: 200, body: { firstName: "Amazing" } });
    expect(await put({ role: "admin" }, self)).toMatchObject({ status: 400 });
    expect(await api.call(`PUT ${path}/role`, self, { body: { role: "admin" } })).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
    expect(await put({ firstName: "Hacked" }, await api.sessionToken(api.ada.id))).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
    expect(api.dashboard.getUser(user.id)).toMatchObject({ first_name: "Amazing", public_metadata: {} });
  });

  test("does not let users add unverified addresses to themselves unless SELF_EMAIL_CHANGE is on", async () => {
    const self = await api.sessionToken(user.id);
    const own = addresses();
    expect(await put({ emailAddress: [...own, address("boss")] }, self)).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
    expect(addresses()).toEqual(own);
    const open = await openAccountApi({ SELF_EMAIL_CHANGE: "true" });
    onTestFinished(() => open[Symbol.asyncDispose]());
    const changed = await open.call(`PUT /api/users/${open.ada.id}`, await open.sessionToken(open.ada.id), {
      body: { emailAddress: ["countess@example.com", "ada@example.com"] },
    });
    expect(changed).toMatchObject({ status: 200, body: { emailAddress: ["countess@example.com", "ada@example.com"] } });
  });

  test("lets users remove and reorder their verified addresses", async () => {
    user = createPerson({
      email_address: ["one", "two", "three"].map((name) => `${name}-${randomUUID()}@example.com`),
    });
    path = `/api/users/${user.id}`;
    const [one, two] = addresses();
    expect(await put({ emailAddress: [two, one] }, await api.sessionToken(user.id))).toMatchObject({
      status: 200,
      body: { emailAddress: [two, one] },
    });
    expect(addresses()).toEqual([two, one]);
  });

  test("does not let a caller change a user who outranks them", async () => {
    const boss = createPerson({ public_metadata: { role: "admin" } });
    const helpers = await openAccountApi({ ROLES_FILE: `${import.meta.dirname}/users-roles.json` });
    onTestFinished(() => helpers[Symbol.asyncDispose]());
    const { id } = helpers.dashboard.createUser({
      email_address: ["boss@example.com"],
      public_metadata: { role: "admin" },
    });
    const writer = await helpers.sessionToken("user_writer", "writer");
    expect(await helpers.call(`PUT /api/users/${id}`, writer, { body: { password: "now-it-is-mine" } })).toMatchObject({
      status: 403,
      body: { code: "user_outranks_caller" },
    });
    expect(boss.public_metadata).toEqual({ role: "admin" });
  });
});

describe("an update of email addresses", () => {
  test("adds, then sets the primary address, then removes, until Clerk has the given list", async () => {
    const list = [address("first"), address("second")];
    const { value, requests } = await api.clerk.during(() => put({ emailAddress: list.map((it) => it.toUpperCase()) }));
    expect(value).toMatchObject({ status: 200, body: { emailAddress: list } });
    expect(addresses()).toEqual(list);
    expect(withoutIds(requests)).toEqual([
      "GET /users/:user",
      "POST /email_addresses",
      "POST /email_addresses",
      "DELETE /email_addresses/:email",
      "GET /sessions",
      "GET /users/:user",
    ]);
    const [first, second] = list;
    const swapped = await api.clerk.during(() => put({ emailAddress: [second, first] }));
    expect(swapped.value).toMatchObject({ status: 200, body: { emailAddress: [second, first] } });
    expect(withoutIds(swapped.requests)).toEqual([
      "GET /users/:user",
      "PATCH /email_addresses/:email",
      "GET /sessions",
      "GET /users/:user",
    ]);
    const verified = api.dashboard.getUser(user.id).email_addresses.map(({ verification }) => verification?.status);
    expect(verified).toEqual(["verified", "verified"]);
  });

  test("is 409 for an address of another user and changes nothing", async () => {
    const before = addresses();
    expect(await put({ emailAddress: ["ada@example.com", ...before] })).toMatchObject({
      status: 409,
      body: { error: "User with email ada@example.com already exists", code: "user_already_exists" },
    });
    expect(addresses()).toEqual(before);
  });

  const steps = [
    { failed: "add_email", fails: "POST /email_addresses", nth: 2, done: ["fields", "add_email"] },
    { failed: "primary_email", fails: "PATCH /email_addresses", nth: 1, done: ["fields", "add_email"] },
    {
      failed: "remove_email",
      fails: "DELETE /email_addresses",
      nth: 1,
      done: ["fields", "add_email", "primary_email"],
    },
    {
      failed: "read_back",
      fails: "GET /users",
      nth: 2,
      done: ["fields", "add_email", "primary_email", "remove_email", "revoke_sessions"],
    },
  ];
  test.for(steps)(
    "reports a failure at $failed, and a repeat completes the update",
    async ({ failed, fails, nth, done }) => {
      user = createPerson({ email_address: [`old-${randomUUID()}@example.com`, `kept-${randomUUID()}@example.com`] });
      path = `/api/users/${user.id}`;
      const [, kept = ""] = addresses();
      const list = [kept, address("one"), address("two")];
      let seen = 0;
      failWhen(({ method, path: asked }) => {
        if (!`${method} ${asked}`.startsWith(fails)) return undefined;
        seen += 1;
        return seen === nth ? { kind: "answer", status: 400 } : undefined;
      });
      const body = { firstName: "Amazing", emailAddress: list };
      const stopped = await put(body);
      expect(stopped).toMatchObject({
        status: 400,
        body: {
          code: "update_incomplete",
          details: [
            { path: failed, message: "failed: invalid_input" },
            ...done.map((step) => ({ path: step, message: "done" })),
          ],
        },
      });
      expect((await api.readAudit()).at(-1)).toMatchObject({ outcome: "failed", reason: "update_incomplete" });

      expect(await put(body)).toMatchObject({ status: 200, body: { firstName: "Amazing", emailAddress: list } });
      expect(addresses().toSorted()).toEqual(list.toSorted());
      expect(addresses()[0]).toBe(kept);
    },
  );

  test("returns the plain failure when the first step fails", async () => {
    failWhen(({ method }) => (method === "POST" ? { kind: "answer", status: 500 } : undefined));
    expect(await put({ emailAddress: [address("new")] })).toMatchObject({
      status: 502,
      body: { code: "clerk_failed" },
    });
  });

  test("is 409 when it would remove the address of a connected account", async () => {
    const [own = ""] = addresses();
    api.dashboard.connectExternalAccount(user.id, {
      provider: "oauth_google",
      provider_user_id: randomUUID(),
      email_address: own,
    });
    const stopped = await put({ emailAddress: [address("new")] });
    expect(stopped).toMatchObject({
      status: 409,
      body: {
        code: "update_incomplete",
        details: [
          { path: "remove_email", message: "failed: email_address_linked" },
          { path: "add_email", message: "done" },
        ],
      },
    });
  });
});

describe("a change of a password or an email address", () => {
  const changes = [
    { what: "password", change: () => ({ password: "wire-of-nanoseconds" }) },
    { what: "addresses", change: () => ({ emailAddress: [...addresses(), address("new")] }) },
  ];
  const ways = [
    { way: "PUT", send: (on: typeof api, token: string, body: unknown) => on.call(`PUT ${path}`, token, { body }) },
    {
      way: "batch",
      send: async (on: typeof api, token: string, body: unknown) => {
        const operations = [{ type: "update", userId: user.id, user: body }];
        const { body: answer } = await on.call("POST /api/users/batch", token, { body: { operations } });
        const [result] = batchSchema.parse(answer).results;
        return { status: result?.status, body: result?.error };
      },
    },
  ];
  const cases = changes.flatMap(({ what, change }) => ways.map(({ way, send }) => ({ what, change, way, send })));
  const activeSessions = async () => {
    const { body } = await api.call(`GET ${path}/sessions`, api.admin);
    return sessionsSchema.parse(body).sessions.map(({ id }) => id);
  };
  const sessionsSchema = z.object({ sessions: z.array(z.object({ id: z.string() })) });
  const batchSchema = z.object({ results: z.array(z.object({ status: z.number(), error: z.unknown().optional() })) });

  test.for(cases)("is refused to an impersonated session ($what by $way)", async ({ change, send }) => {
    const token = await api.sessionToken("user_boss", "admin", { act: { sub: "user_support" }, fva: [0, 0] });
    const before = addresses();
    expect(await send(api, token, change())).toMatchObject({
      status: 403,
      body: { code: "impersonation_not_allowed" },
    });
    expect(addresses()).toEqual(before);
  });

  test.for(
    ["credentials", "mfa", "recovery"].flatMap((action) =>
      cases.map(({ what, way, send }) => ({ action, what, way, send })),
    ),
  )("needs a fresh second factor with REQUIRE_MFA_FOR=$action ($what by $way)", async ({ action, what, send }) => {
    const strict = await openAccountApi({ REQUIRE_MFA_FOR: action });
    onTestFinished(() => strict[Symbol.asyncDispose]());
    user = strict.dashboard.createUser({ email_address: [`${randomUUID()}@example.com`] });
    path = `/api/users/${user.id}`;
    const body = what === "password" ? { password: "wire-of-nanoseconds" } : { emailAddress: ["new@example.com"] };
    const stale = await strict.sessionToken("user_boss", "admin", { fva: [1, 60] });
    const fresh = await strict.sessionToken("user_boss", "admin", { fva: [1, 1] });
    expect(await send(strict, stale, body)).toMatchObject({ status: 403, body: { code: "second_factor_required" } });
    expect(await send(strict, fresh, body)).toMatchObject({ status: 200 });
  });

  test.for([
    { fva: undefined, status: 403, factors: "of unknown age" },
    { fva: [11, -1], status: 403, factors: "of which the first is old and the second does not exist" },
    { fva: [10, -1], status: 200, factors: "of which the first is fresh and the second does not exist" },
    { fva: [0, 11], status: 403, factors: "of which the second is old" },
    { fva: [60, 10], status: 200, factors: "of which the second is fresh" },
  ])("of one's own account is $status with factors $factors", async ({ fva, status }) => {
    const token = await api.sessionToken(user.id, "user", { fva });
    expect(await put({ password: "wire-of-nanoseconds" }, token)).toMatchObject({
      status,
      body: status === 200 ? {} : { code: "fresh_factor_required" },
    });
    expect(await put({ firstName: "Amazing" }, token)).toMatchObject({ status: 200 });
  });

  test.for(cases)("ends the user's sessions ($what by $way)", async ({ change, send }) => {
    for (const _ of ["phone", "laptop"]) api.dashboard.signIn(user.id);
    expect(await send(api, api.admin, change())).toMatchObject({ status: 200 });
    expect(await activeSessions()).toEqual([]);
  });

  test("of one's own account ends all sessions but the one of the request", async () => {
    const [own] = [api.dashboard.signIn(user.id), api.dashboard.signIn(user.id)];
    const token = await api.sessionToken(user.id, "user", { sid: own.id, fva: [0, -1] });
    expect(await put({ password: "wire-of-nanoseconds" }, token)).toMatchObject({ status: 200 });
    expect(await activeSessions()).toEqual([own.id]);
  });
});

describe("GET /api/users/:userId", () => {
  test("returns the user to admins and to the user, and to no other caller", async () => {
    const seen = { status: 200, body: { id: user.id, firstName: "Grace", emailAddress: addresses() } };
    expect(await api.call(`GET ${path}`, api.admin)).toMatchObject(seen);
    expect(await api.call(`GET ${path}`, await api.sessionToken(user.id))).toMatchObject(seen);
    expect(await api.call(`GET ${path}`, await api.sessionToken(api.ada.id))).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
    expect(await api.call(`GET ${path}`)).toMatchObject({ status: 401, body: { error: "Access token required" } });
  });

  test("is 404 for an unknown user", async () => {
    expect(await api.call("GET /api/users/user_unknown", api.admin)).toMatchObject({
      status: 404,
      body: { error: "User with ID user_unknown not found" },
    });
  });

  test("makes one Clerk call, and none while the user is cached", async () => {
    const first = await api.clerk.during(() => api.call(`GET ${path}`, api.admin));
    const second = await api.clerk.during(() => api.call(`GET ${path}`, api.admin));
    expect([withoutIds(first.requests), second.requests]).toEqual([["GET /users/:user"], []]);
    expect(second.value.body).toEqual(first.value.body);
  });
});

describe("DELETE /api/users/:userId", () => {
  test("deletes permanently, and the audit trail records the deleted user", async () => {
    const before = addresses();
    await api.call(`GET ${path}`, api.admin);
    expect(await api.call(`DELETE ${path}`, api.admin)).toMatchObject({ status: 204, body: {} });
    expect(await api.call(`GET ${path}`, api.admin)).toMatchObject({ status: 404 });
    expect(await api.call(`DELETE ${path}`, api.admin)).toMatchObject({
      status: 404,
      body: { error: `User with ID ${user.id} not found` },
    });
    expect(api.dashboard.users().some(({ id }) => id === user.id)).toBe(false);
    expect(api.logged("user.deleted").at(-1)).toMatchObject({ msg: "User deleted successfully", userId: user.id });
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: "user.deleted",
      targetId: user.id,
      before: { emailAddress: before, role: "user" },
    });
  });

  test("does not let users delete themselves", async () => {
    expect(await api.call(`DELETE ${path}`, await api.sessionToken(user.id))).toMatchObject({
      status: 403,
      body: { error: "Admin access required" },
    });
  });

  test("requires a fresh second factor if REQUIRE_MFA_FOR is set, as a change of role does", async () => {
    const strict = await openAccountApi({ REQUIRE_MFA_FOR: "delete,role" });
    onTestFinished(() => strict[Symbol.asyncDispose]());
    const own = `/api/users/${strict.ada.id}`;
    const stale = await strict.sessionToken("user_boss", "admin", { fva: [1, 60] });
    const fresh = await strict.sessionToken("user_boss", "admin", { fva: [1, 1] });
    const role = { body: { role: "admin" } };
    expect(await strict.call(`PUT ${own}/role`, stale, role)).toMatchObject({ status: 403 });
    expect(await strict.call(`DELETE ${own}`, stale)).toMatchObject({ status: 403 });
    expect(
      await strict.call("POST /api/users/batch", stale, {
        body: { operations: [{ type: "delete", userId: strict.ada.id }] },
      }),
    ).toMatchObject({ status: 403, body: { code: "second_factor_required" } });
    expect(await strict.call(`PUT ${own}/role`, fresh, role)).toMatchObject({ status: 200 });
    expect(await strict.call(`DELETE ${own}`, fresh)).toMatchObject({ status: 204 });
  });
});

describe("PUT /api/users/:userId/role", () => {
  const putRole = (role: unknown, token = api.admin) => api.call(`PUT ${path}/role`, token, { body: { role } });

  test("sets the role and keeps the other metadata, with two Clerk calls", async () => {
    api.dashboard.updateMetadata(user.id, { public_metadata: { plan: { name: "gold", seats: 3 } } });
    const { value, requests } = await api.clerk.during(() => putRole("admin"));
    expect(value).toMatchObject({ status: 200, body: { id: user.id, role: "admin" } });
    expect(withoutIds(requests)).toEqual(["GET /users/:user", "PATCH /users/:user/metadata"]);
    expect(api.dashboard.getUser(user.id).public_metadata).toEqual({ role: "admin", plan: { name: "gold", seats: 3 } });
    expect(await api.call(`GET ${path}`, api.admin)).toMatchObject({ body: { role: "admin" } });
    expect(api.logged("user.role_changed").at(-1)).toMatchObject({ userId: user.id, role: "admin" });
    const entry = (await api.readAudit()).at(-1);
    expect(entry).toMatchObject({ action: "user.role_changed", before: { role: "user" }, after: { role: "admin" } });
  });

  test("is 400 for an unknown role and 404 for an unknown user", async () => {
    for (const role of ["king", "", "__proto__", null, 1]) {
      expect(await putRole(role)).toMatchObject({ status: 400, body: { details: [{ path: "role" }] } });
    }
    expect(await api.call("PUT /api/users/user_unknown/role", api.admin, { body: { role: "user" } })).toMatchObject({
      status: 404,
    });
  });

  test("does not grant a role with more permissions than the caller has", async () => {
    const helpers = await openAccountApi({ ROLES_FILE: `${import.meta.dirname}/users-roles.json` });
    onTestFinished(() => helpers[Symbol.asyncDispose]());
    const own = `/api/users/${helpers.ada.id}/role`;
    const giver = await helpers.sessionToken("user_giver", "giver");
    expect(await helpers.call(`PUT ${own}`, giver, { body: { role: "admin" } })).toMatchObject({
      status: 403,
      body: { code: "user_outranks_caller" },
    });
    expect(await helpers.call(`PUT ${own}`, giver, { body: { role: "user" } })).toMatchObject({ status: 200 });
  });

  test("counts with the other changes of a user towards Clerk's limit of ten in ten seconds, shared by all processes", async () => {
    await putRole("admin");
    await put({ firstName: "Amazing" });
    // One of the two may be counted in memory if Redis is slow.
    expect(await api.dumpRedis()).toMatch(new RegExp(`:clerk:patch:${user.id} "[12]"`));
  });
});

describe("the last user who may change roles", () => {
  const openAlone = async () => {
    const alone = await openAccountApi();
    onTestFinished(() => alone[Symbol.asyncDispose]());
    const boss = alone.dashboard.createUser({
      email_address: ["boss@example.com"],
      public_metadata: { role: "admin" },
    });
    const token = await alone.sessionToken(boss.id, "admin");
    const own = `/api/users/${boss.id}`;
    return {
      ...alone,
      boss,
      ways: [
        () => alone.call(`PUT ${own}/role`, token, { body: { role: "user" } }),
        () => alone.call(`DELETE ${own}`, token),
        async () => {
          const operations = [{ type: "delete", userId: boss.id }];
          const { body } = await alone.call("POST /api/users/batch", token, { body: { operations } });
          const [result] = z.object({ results: z.array(z.looseObject({ status: z.int() })) }).parse(body).results;
          return { status: result?.status, body: result?.["error"] };
        },
      ],
    };
  };

  test("can neither give that permission up nor delete their own account, alone or in a batch", async () => {
    const { ways, dashboard, boss } = await openAlone();
    for (const way of ways) expect(await way()).toMatchObject({ status: 409, body: { code: "last_role_changer" } });
    expect(dashboard.getUser(boss.id).public_metadata).toEqual({ role: "admin" });
  });

  test("is found with one request among the published users, if Clerk confirms the role of another one", async () => {
    const { ways, dashboard, boss, clerk, config, redis, redisPrefix } = await openAlone();
    const { id: other } = dashboard.createUser({ email_address: ["other@example.com"] });
    const ledgers = await ownLedgers(redis, redisPrefix, config.shards);
    await createCoverage(redis, redisPrefix).markFull(1);
    const publish = (id: string, createdAt: number, role: string) => {
      const published = { id, firstName: "", lastName: "", username: "", emailAddress: [], role };
      const state: State = { status: "present", user: published, createdAt, version: 1, readAt: 0, sequence: 1 };
      return ledgers.apply(new Map([[id, state]]));
    };
    await publish(boss.id, 1, "admin");
    const readsFor = async (status: number) => {
      const { value, requests } = await clerk.during(async () => ways[0]?.());
      expect(value).toMatchObject({ status });
      return withoutIds(requests).filter((request) => request === "GET /users");
    };
    expect(await readsFor(409)).toEqual([]);
    await publish(other, 2, "admin");
    expect(await readsFor(409)).toEqual(["GET /users"]);
    dashboard.updateMetadata(other, { public_metadata: { role: "admin" } });
    expect(await readsFor(200)).toEqual(["GET /users"]);
  });

  test("may do both when another user has the permission", async () => {
    const { ways, dashboard } = await openAlone();
    dashboard.createUser({ email_address: ["other@example.com"], public_metadata: { role: "admin" } });
    const [giveUp] = ways;
    expect(await giveUp?.()).toMatchObject({ status: 200, body: { role: "user" } });
  });
});
