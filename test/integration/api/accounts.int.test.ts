import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { clerkError } from "../../support/clerk/faulty-clerk.ts";
import { openAccountApi } from "../../support/api/open-api.ts";

async function open(variables: Readonly<Record<string, string>> = {}) {
  const api = await openAccountApi(variables);
  onTestFinished(() => api[Symbol.asyncDispose]());
  return api;
}
const sessionsSchema = z.object({ sessions: z.array(z.looseObject({ id: z.string() })), totalCount: z.number() });

test("account details contain linked accounts, verified addresses and second factors, and no secrets", async () => {
  const api = await open();
  const { dashboard, ada, admin } = api;
  dashboard.connectExternalAccount(ada.id, {
    provider: "oauth_google",
    provider_user_id: "g-1",
    email_address: "ada@gmail.example",
  });
  dashboard.signIn(ada.id);
  const { status, body } = await api.call(`GET /api/users/${ada.id}/details`, admin);
  expect(status).toBe(200);
  expect(body).toEqual({
    id: ada.id,
    firstName: "Ada",
    lastName: "",
    username: "",
    emailAddress: ["ada@example.com", "ada@gmail.example"],
    role: "user",
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
    emailAddresses: [
      { emailAddress: "ada@example.com", verified: true, primary: true },
      { emailAddress: "ada@gmail.example", verified: true, primary: false },
    ],
    externalAccounts: [
      {
        id: expect.stringMatching(/^eac_/),
        provider: "oauth_google",
        providerUserId: "g-1",
        emailAddress: "ada@gmail.example",
        username: null,
        verified: true,
      },
    ],
    passwordEnabled: true,
    twoFactorEnabled: true,
    totpEnabled: true,
    backupCodeEnabled: true,
    banned: false,
    locked: false,
    lockoutExpiresInSeconds: null,
    lastSignInAt: expect.stringMatching(/Z$/),
  });
  expect(JSON.stringify(body)).not.toMatch(/-note|backup-|JBSWY3DPEHPK3PXP|engines/);
});

test("sessions are listed page by page, by status", async () => {
  const api = await open();
  const { dashboard, ada, admin } = api;
  const [first, second, third] = [dashboard.signIn(ada.id), dashboard.signIn(ada.id), dashboard.signIn(ada.id)];
  dashboard.endSession(second.id);
  const list = async (query: string) => {
    const { body } = await api.call(`GET /api/users/${ada.id}/sessions${query}`, admin);
    const { sessions, totalCount } = sessionsSchema.parse(body);
    return { ids: sessions.map(({ id }) => id), totalCount };
  };
  expect(await list("")).toEqual({ ids: [third.id, first.id], totalCount: 2 });
  expect(await list("?limit=1&page=2")).toEqual({ ids: [first.id], totalCount: 2 });
  expect(await list("?status=ended")).toEqual({ ids: [second.id], totalCount: 1 });
  const { status } = await api.call(`GET /api/users/${ada.id}/sessions?status=sleeping`, admin);
  expect(status).toBe(400);
});

test("a session is revoked once, only through its own user's path, and the audit trail records it", async () => {
  const api = await open();
  const { dashboard, ada, admin } = api;
  const bob = dashboard.createUser({ email_address: ["bob@example.com"] });
  const session = dashboard.signIn(ada.id);
  const path = (userId: string, sessionId: string) => `DELETE /api/users/${userId}/sessions/${sessionId}`;

  const bobs = await api.sessionToken(bob.id);
  const stolen = await api.call(path(bob.id, session.id), bobs);
  expect([stolen.status, stolen.body]).toMatchObject([404, { code: "session_not_found" }]);
  expect((await api.call(path(ada.id, session.id), bobs)).status).toBe(403);
  const missing = await api.call(path(ada.id, "sess_unknown"), admin);
  expect(missing.body).toMatchObject({ error: "Session with ID sess_unknown not found" });
  expect(dashboard.users().length).toBe(2);

  expect((await api.call(path(ada.id, session.id), admin)).status).toBe(204);
  expect((await api.call(path(ada.id, session.id), admin)).status).toBe(204);
  const ended = await api.call(`GET /api/users/${ada.id}/sessions?status=revoked`, admin);
  expect(ended.body).toMatchObject({ totalCount: 1, sessions: [{ id: session.id, status: "revoked" }] });
  expect(await api.readAudit()).toContainEqual(
    expect.objectContaining({
      action: "account.session_revoked",
      outcome: "done",
      targetId: ada.id,
      actor: { kind: "service", id: "billing" },
      after: { sessionId: session.id },
    }),
  );
});

test("all sessions are revoked, however many there are, and a repeat completes a partial failure", async () => {
  const api = await open();
  const { dashboard, ada } = api;
  const own = await api.sessionToken(ada.id);
  const signInTimes = (times: number) => {
    for (let time = 0; time < times; time += 1) dashboard.signIn(ada.id);
  };
  const revokeAll = () => api.call(`DELETE /api/users/${ada.id}/sessions`, own);
  const countLeft = async () => (await api.call(`GET /api/users/${ada.id}/sessions`, own)).body["totalCount"];
  signInTimes(103);
  expect((await revokeAll()).body).toEqual({ revoked: 103 });
  expect(await countLeft()).toBe(0);

  signInTimes(3);
  let revocations = 0;
  api.clerk.failWhen(({ path }) => {
    if (!path.endsWith("/revoke")) return undefined;
    revocations += 1;
    return revocations === 2 ? clerkError(500, "internal_clerk_error") : undefined;
  });
  expect(await revokeAll()).toMatchObject({ status: 502, body: { code: "clerk_failed" } });
  expect((await revokeAll()).status).toBe(200);
  expect(await countLeft()).toBe(0);
  const trail = await api.readAudit();
  expect(trail.map(({ action, outcome, reason }) => [action, outcome, reason])).toEqual([
    ["account.sessions_revoked", "done", undefined],
    ["account.sessions_revoked", "failed", "clerk_failed"],
    ["account.sessions_revoked", "done", undefined],
  ]);
});

test("lock, unlock, ban and unban change the account status, queue the change and record it", async () => {
  const api = await open();
  const { dashboard, ada, admin } = api;
  dashboard.signIn(ada.id);
  for (const [verb, accountStatus] of [
    ["lock", { banned: false, locked: true }],
    ["unlock", { banned: false, locked: false }],
    ["ban", { banned: true, locked: false }],
    ["unban", { banned: false, locked: false }],
  ] as const) {
    const { status, body } = await api.call(`POST /api/users/${ada.id}/${verb}`, admin);
    expect([status, body]).toMatchObject([200, { id: ada.id, ...accountStatus }]);
    expect(dashboard.getUser(ada.id)).toMatchObject(accountStatus);
  }
  const trail = await api.readAudit();
  expect(trail.map(({ action, before, after }) => ({ action, before, after }))).toEqual([
    { action: "account.locked", before: { banned: false, locked: false }, after: { banned: false, locked: true } },
    { action: "account.unlocked", before: { banned: false, locked: true }, after: { banned: false, locked: false } },
    { action: "account.banned", before: { banned: false, locked: false }, after: { banned: true, locked: false } },
    { action: "account.unbanned", before: { banned: true, locked: false }, after: { banned: false, locked: false } },
  ]);
  expect(await api.readMetric("bridge_api_changes_total", { outcome: "queued" })).toBe(4);
  const { body } = await api.call(`GET /api/users/${ada.id}/sessions`, admin);
  expect(body).toMatchObject({ totalCount: 0 });
});

test("resetting second factors removes all of them and requires a fresh second factor where configured", async () => {
  const api = await open({ REQUIRE_MFA_FOR: "mfa,recovery" });
  const { dashboard, ada, admin } = api;
  const stale = await api.sessionToken("user_admin", "admin", { fva: [1, 120] });
  const fresh = await api.sessionToken("user_admin", "admin", { fva: [1, 1] });
  for (const operation of ["reset-mfa", "recovery-link"]) {
    const { status, body } = await api.call(`POST /api/users/${ada.id}/${operation}`, stale);
    expect([status, body]).toMatchObject([403, { code: "second_factor_required" }]);
  }
  expect(dashboard.getUser(ada.id)).toMatchObject({ two_factor_enabled: true });
  expect((await api.call(`POST /api/users/${ada.id}/reset-mfa`, fresh)).status).toBe(204);
  expect(dashboard.getUser(ada.id)).toMatchObject({
    two_factor_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
  });
  const details = await api.call(`GET /api/users/${ada.id}/details`, admin);
  expect(details.body).toMatchObject({ twoFactorEnabled: false, backupCodeEnabled: false });
  expect((await api.readAudit()).at(-1)).toMatchObject({
    action: "account.mfa_reset",
    before: { twoFactorEnabled: true },
    after: { twoFactorEnabled: false },
  });
});

test("a recovery link is returned once, expires as configured, and is in no log, audit entry or Redis key", async () => {
  const api = await open({ RECOVERY_LINK_EXPIRES_SECONDS: "90" });
  const { ada, admin } = api;
  const path = `POST /api/users/${ada.id}/recovery-link`;
  const linkSchema = z.object({ url: z.url(), ticket: z.string().min(20), expiresAt: z.string() });
  const askedAt = Date.now();
  const first = await api.call(path, admin, { headers: { "idempotency-key": "the-same" } });
  const second = await api.call(path, admin, { headers: { "idempotency-key": "the-same" } });
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(first.headers["cache-control"]).toBe("no-store");
  const links = [linkSchema.parse(first.body), linkSchema.parse(second.body)];
  expect(new Set(links.map(({ ticket }) => ticket)).size).toBe(2);
  const asked = JSON.parse(api.clerk.requests.find(({ path: to }) => to === "/sign_in_tokens")?.body ?? "");
  expect(asked).toEqual({ user_id: ada.id, expires_in_seconds: 90 });
  expect(Math.abs(Date.parse(links[0]?.expiresAt ?? "") - askedAt - 90_000)).toBeLessThan(10_000);

  const trail = await api.readAudit();
  expect(trail.map(({ action, outcome }) => [action, outcome])).toEqual(
    Array.from({ length: 2 }, () => ["account.recovery_link_created", "done"]),
  );
  const kept = [api.log(), JSON.stringify(trail), await api.dumpRedis()].join();
  for (const { ticket } of links) expect(kept).not.toContain(ticket);
});

test("a caller cannot change the account of a user who outranks them", async () => {
  const api = await open({ ROLES_FILE: "test/integration/api/helper-roles.json" });
  const { dashboard, ada } = api;
  const boss = dashboard.createUser({ email_address: ["boss@example.com"], public_metadata: { role: "admin" } });
  const session = dashboard.signIn(boss.id);
  const helper = await api.sessionToken("user_helper", "helper");
  const operations = [
    "POST lock",
    "POST unlock",
    "POST ban",
    "POST unban",
    "POST reset-mfa",
    "POST recovery-link",
    "DELETE sessions",
    `DELETE sessions/${session.id}`,
  ];
  for (const operation of operations) {
    const request = operation.replace(" ", ` /api/users/${boss.id}/`);
    const { status, body } = await api.call(request, helper);
    expect([status, body]).toMatchObject([403, { error: "Admin access required", code: "user_outranks_caller" }]);
  }
  expect(dashboard.getUser(boss.id)).toMatchObject({ banned: false, locked: false });
  expect((await api.readAudit()).filter(({ outcome }) => outcome === "denied")).toHaveLength(operations.length);
  const bosses = await api.sessionToken(boss.id, "admin");
  expect((await api.call(`DELETE /api/users/${boss.id}/sessions`, bosses)).body).toEqual({ revoked: 1 });
  expect((await api.call(`POST /api/users/${ada.id}/lock`, helper)).status).toBe(200);
});

test("users list and revoke their own sessions without a permission, and nothing else", async () => {
  const api = await open();
  const { dashboard, ada } = api;
  const bob = dashboard.createUser({ email_address: ["bob@example.com"] });
  const session = dashboard.signIn(ada.id);
  const token = await api.sessionToken(ada.id);
  const answers = async (userId: string) => {
    const statuses: Record<string, number> = {};
    for (const operation of [
      "GET details",
      "GET sessions",
      `DELETE sessions/${session.id}`,
      "DELETE sessions",
      "POST lock",
      "POST unlock",
      "POST ban",
      "POST unban",
      "POST reset-mfa",
      "POST recovery-link",
    ]) {
      const request = operation.replace(" ", ` /api/users/${userId}/`);
      statuses[operation.replace(session.id, "one")] = (await api.call(request, token)).status;
    }
    return statuses;
  };
  const refused = {
    "POST lock": 403,
    "POST unlock": 403,
    "POST ban": 403,
    "POST unban": 403,
    "POST reset-mfa": 403,
    "POST recovery-link": 403,
  };
  expect(await answers(ada.id)).toEqual({
    "GET details": 200,
    "GET sessions": 200,
    "DELETE sessions/one": 204,
    "DELETE sessions": 200,
    ...refused,
  });
  expect(await answers(bob.id)).toEqual({
    "GET details": 403,
    "GET sessions": 403,
    "DELETE sessions/one": 403,
    "DELETE sessions": 403,
    ...refused,
  });
});

test("every account operation is 404 for an unknown user and hides Clerk's error messages", async () => {
  const api = await open();
  const { ada, admin } = api;
  const operations = [
    "GET details",
    "GET sessions",
    "DELETE sessions",
    "DELETE sessions/sess_1",
    "POST lock",
    "POST unlock",
    "POST ban",
    "POST unban",
    "POST reset-mfa",
    "POST recovery-link",
  ];
  for (const operation of operations) {
    const { status, body } = await api.call(operation.replace(" ", " /api/users/user_unknown/"), admin);
    expect([status, body]).toMatchObject([
      404,
      { error: "User with ID user_unknown not found", code: "user_not_found" },
    ]);
  }
  // Reads are retried before they fail, so one of them is enough.
  api.clerk.failWhen(({ method }) => (method === "GET" ? undefined : clerkError(500, "raw_code")));
  const session = api.dashboard.signIn(ada.id);
  const changes = operations.filter((operation) => !operation.startsWith("GET"));
  for (const operation of changes.map((name) => name.replace("sess_1", session.id))) {
    const { status, body } = await api.call(operation.replace(" ", ` /api/users/${ada.id}/`), admin);
    expect([status, body]).toMatchObject([502, { code: "clerk_failed" }]);
    expect(JSON.stringify(body)).not.toContain("raw");
  }
  expect((await api.readAudit()).map(({ outcome, reason }) => [outcome, reason])).toEqual(
    changes.map(() => ["failed", "clerk_failed"]),
  );
  api.clerk.failWhen(() => clerkError(500, "raw_code"));
  const { status, body } = await api.call(`GET /api/users/${ada.id}/details`, admin);
  expect([status, body]).toMatchObject([502, { code: "clerk_failed" }]);
});

test("unlinking a social account is audited, ends other sessions, and is refused for unknown accounts and impersonators", async () => {
  const api = await open();
  const { dashboard, ada, admin, call } = api;
  const account = dashboard.connectExternalAccount(ada.id, {
    provider: "oauth_github",
    provider_user_id: "9",
    email_address: "ada@hub.example",
  });
  const own = dashboard.signIn(ada.id);
  dashboard.signIn(ada.id);
  const path = `DELETE /api/users/${ada.id}/external-accounts`;
  expect(await call(`${path}/eac_unknown`, admin)).toMatchObject({
    status: 404,
    body: { code: "external_account_not_found" },
  });
  const impersonator = await api.sessionToken(ada.id, "user", { act: { sub: "user_support" }, fva: [0, 0] });
  expect(await call(`${path}/${account.id}`, impersonator)).toMatchObject({
    status: 403,
    body: { code: "impersonation_not_allowed" },
  });
  const token = await api.sessionToken(ada.id, "user", { sid: own.id, fva: [0, 0] });
  expect((await call(`${path}/${account.id}`, token)).status).toBe(204);
  expect(dashboard.getUser(ada.id).external_accounts).toEqual([]);
  expect(await api.dumpRedis()).toContain("user.updated");
  const { body } = await call(`GET /api/users/${ada.id}/sessions`, admin);
  expect(body).toMatchObject({ totalCount: 1, sessions: [{ id: own.id }] });
  expect((await api.readAudit()).at(-1)).toMatchObject({
    action: "account.unlinked",
    before: { externalAccount: { id: account.id, provider: "oauth_github" } },
  });
});
