import { describe, expect, test, onTestFinished } from "vitest";
import { openProbeApi } from "../../support/api/open-probe-api.ts";
import { signServiceToken } from "../../support/api/tokens.ts";

async function open(variables: Readonly<Record<string, string>> = {}) {
  const api = await openProbeApi({ variables });
  onTestFinished(() => api[Symbol.asyncDispose]());
  return api;
}
const bodyOf = async (response: Response): Promise<unknown> => response.json();
const denied = (code = "permission_missing") => ({ error: "Admin access required", code });

describe("authorization", () => {
  test("an admin's session token is verified by JWKS and grants the permissions of the role", async () => {
    const api = await open();
    const response = await api.call("GET /api/probe", { token: await api.sessionToken("user_admin", "admin") });
    expect(response.status).toBe(200);
    expect(await bodyOf(response)).toMatchObject({ caller: { kind: "user", id: "user_admin", role: "admin" } });
    expect(api.clerk.requests.map(({ path }) => path)).toEqual(["/jwks"]);
  });

  test("a session token is verified without a network request when CLERK_JWT_KEY is set", async () => {
    const other = await open();
    const api = await open({ CLERK_JWT_KEY: other.emulator.jwtKey });
    const token = await other.sessionToken("user_1", "admin");
    expect((await api.call("GET /api/probe", { token })).status).toBe(200);
    expect(api.clerk.requests).toEqual([]);
  });

  test("a service has the permissions of its role", async () => {
    const api = await open();
    const admin = await api.call("DELETE /api/probe/user_1", { token: await signServiceToken() });
    expect(admin.status).toBe(200);
    const user = await api.call("DELETE /api/probe/user_1", { token: await signServiceToken({ role: "user" }) });
    expect(await bodyOf(user)).toMatchObject(denied());
    expect(api.clerk.requests).toEqual([]);
  });

  test("a request without a bearer token gets 401 on every route", async () => {
    const api = await open();
    for (const request of ["GET /api/probe", "GET /api/probe/user_1", "DELETE /api/probe/user_1", "POST /api/probe"]) {
      const response = await api.call(request, { headers: { "content-type": "application/json" } });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await bodyOf(response)).toMatchObject({ error: "Access token required", code: "access_token_required" });
    }
    for (const authorization of ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "token"]) {
      expect((await api.call("GET /api/probe", { headers: { authorization } })).status).toBe(401);
    }
  });

  test("users can read their own account without a permission, and nothing else", async () => {
    const api = await open();
    const token = await api.sessionToken("user_1");
    expect((await api.call("GET /api/probe/user_1", { token })).status).toBe(200);
    for (const request of [
      "GET /api/probe/user_2",
      "GET /api/probe/user_1x",
      "GET /api/probe",
      "DELETE /api/probe/user_1",
    ]) {
      const response = await api.call(request, { token });
      expect([request, response.status, await bodyOf(response)]).toMatchObject([request, 403, denied()]);
    }
  });

  test("a service named like a user is not treated as that user", async () => {
    const api = await open();
    const token = await signServiceToken({ sub: "user_1", role: "user" });
    expect((await api.call("GET /api/probe/user_1", { token })).status).toBe(403);
  });

  test("ROLES_FILE defines the permissions of each role", async () => {
    const api = await open({ ROLES_FILE: `${import.meta.dirname}/roles.json` });
    const token = await api.sessionToken("user_1", "lead");
    expect((await api.call("GET /api/probe", { token })).status).toBe(200);
    expect((await api.call("DELETE /api/probe/user_2", { token })).status).toBe(403);
  });

  test("an impersonated caller carries the impersonator's id", async () => {
    const api = await open();
    const token = await api.sessionToken("user_1", "admin", { act: { sub: "user_support", iss: "x", sid: "y" } });
    expect(await bodyOf(await api.call("GET /api/probe", { token }))).toMatchObject({
      caller: { id: "user_1", impersonatorId: "user_support" },
    });
  });
});

describe("a denied call", () => {
  test("is recorded in the audit trail, the security counts and the log", async () => {
    const api = await open();
    const token = await api.sessionToken("user_1", "user", { act: { sub: "user_support" } });
    await api.call("DELETE /api/probe/user_2", { token, headers: { "user-agent": "curl", "x-request-id": "r-1" } });
    expect(api.counted).toEqual(["admin_denied"]);
    expect(await api.readAudit()).toMatchObject([
      {
        action: "access.denied",
        outcome: "denied",
        actor: { kind: "user", id: "user_1", impersonatorId: "user_support" },
        targetId: "user_2",
        requestId: "r-1",
        ip: "127.0.0.1",
        userAgent: "curl",
        reason: "permission_missing",
      },
    ]);
    expect(api.log()).toContain('"event":"auth.access_denied"');
  });
});

test("a rejected token is recorded in the audit trail with its address, and without the token", async () => {
  const api = await open();
  await api.call("GET /api/probe", { token: "forged.by.hand" });
  expect(await api.readAudit()).toMatchObject([
    {
      action: "auth.token_rejected",
      outcome: "denied",
      actor: { kind: "anonymous" },
      ip: "127.0.0.1",
      reason: "invalid_token",
    },
  ]);
  expect(JSON.stringify(await api.readAudit())).not.toContain("forged");
});

describe("a fresh second factor (REQUIRE_MFA_FOR)", () => {
  const variables = { REQUIRE_MFA_FOR: "delete", MFA_MAX_AGE_MINUTES: "10" };
  test.each<[what: string, fva: unknown, claims: Record<string, unknown>, status: number]>([
    ["verified just now", [0, 0], {}, 200],
    ["verified ten minutes ago", [30, 10], {}, 200],
    ["verified eleven minutes ago", [0, 11], {}, 403],
    ["never verified", [0, -1], {}, 403],
    ["of unknown age", undefined, {}, 403],
    ["of unreadable age", ["now", "now"], {}, 403],
    [
      "verified when a long-lived token was issued, an hour ago",
      [0, 0],
      { iat: Math.floor(Date.now() / 1_000) - 3_600 },
      403,
    ],
  ])("is compared with the maximum age when it was %s: fva %j", async (_, fva, claims, status) => {
    const api = await open(variables);
    const token = await api.sessionToken("user_1", "admin", { fva, ...claims });
    const response = await api.call("DELETE /api/probe/user_2", { token });
    expect(response.status).toBe(status);
    expect(await bodyOf(response)).toMatchObject(status === 403 ? { code: "second_factor_required" } : {});
    expect(api.counted).toEqual(status === 403 ? ["admin_denied"] : []);
    expect((await api.call("GET /api/probe/user_2", { token })).status).toBe(200);
  });

  test("is not required of services, nor for operations that are not configured", async () => {
    const strict = await open(variables);
    expect((await strict.call("DELETE /api/probe/user_2", { token: await signServiceToken() })).status).toBe(200);
    const lax = await open({ REQUIRE_MFA_FOR: "role" });
    const token = await lax.sessionToken("user_1", "admin");
    expect((await lax.call("DELETE /api/probe/user_2", { token })).status).toBe(200);
  });
});

describe("ADMIN_IP_ALLOW_LIST", () => {
  const variables = { ADMIN_IP_ALLOW_LIST: "10.1.0.0/16,2001:db8::/32", TRUSTED_PROXIES: "1" };
  test.each([
    ["10.1.2.3", 200],
    ["2001:db8:1::1", 200],
    ["::ffff:10.1.2.3", 200],
    ["10.2.2.3", 403],
    ["2001:db9::1", 403],
    ["10.1.2.3, 192.0.2.1", 403],
    ["10.1.2.3, rubbish", 403],
  ])("decides about access from %s to other accounts: %i", async (forwardedFor, status) => {
    const api = await open(variables);
    const options = { token: await api.sessionToken("user_1", "admin"), headers: { "x-forwarded-for": forwardedFor } };
    const response = await api.call("GET /api/probe", options);
    expect(response.status).toBe(status);
    expect(await bodyOf(response)).toMatchObject(status === 403 ? denied("address_not_allowed") : {});
    expect((await api.call("GET /api/probe/user_1", options)).status).toBe(200);
  });

  test("cannot be bypassed with a forged header when no proxy is trusted", async () => {
    const api = await open({ ...variables, TRUSTED_PROXIES: "0" });
    const token = await api.sessionToken("user_1", "admin");
    const headers = { "x-forwarded-for": "10.1.2.3", "x-real-ip": "10.1.2.3", forwarded: "for=10.1.2.3" };
    expect((await api.call("GET /api/probe", { token, headers })).status).toBe(403);
  });
});

describe("registration without a token", () => {
  const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };

  test("is rejected unless OPEN_REGISTRATION is set", async () => {
    const api = await open();
    expect((await api.call("POST /api/probe", json)).status).toBe(401);
  });

  test("is rate-limited per address when open, and changes nothing for other routes and for tokens", async () => {
    const api = await open({ OPEN_REGISTRATION: "true", RATE_LIMIT_REGISTRATIONS: "2", TRUSTED_PROXIES: "1" });
    const register = (ip: string) =>
      api.call("POST /api/probe", { ...json, headers: { ...json.headers, "x-forwarded-for": ip } });
    expect(await bodyOf(await register("192.0.2.1"))).toMatchObject({ caller: "anonymous" });
    expect((await register("192.0.2.1")).status).toBe(200);
    const third = await register("192.0.2.1");
    expect(third.status).toBe(429);
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(3_500);
    expect((await register("192.0.2.2")).status).toBe(200);

    expect((await api.call("GET /api/probe")).status).toBe(401);
    expect((await api.call("POST /api/probe", { ...json, token: await api.sessionToken("user_1") })).status).toBe(403);
    expect((await api.call("POST /api/probe", { ...json, token: "rubbish" })).status).toBe(403);
  });
});

describe("CORS", () => {
  const variables = { CORS_ORIGINS: "https://app.example" };

  test("lets a listed origin call the API and read errors", async () => {
    const api = await open(variables);
    const headers = { origin: "https://app.example" };
    const preflight = await api.call("OPTIONS /api/probe", {
      headers: {
        ...headers,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Authorization");
    const refused = await api.call("GET /api/probe", { headers });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(refused.headers.get("access-control-allow-credentials")).toBeNull();
    expect(refused.headers.get("vary")).toContain("Origin");
  });

  test.each(["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"])(
    "gives no permission to %s",
    async (origin) => {
      const api = await open(variables);
      for (const request of ["OPTIONS /api/probe", "GET /api/probe"]) {
        const { headers } = await api.call(request, { headers: { origin, "access-control-request-method": "GET" } });
        expect(headers.get("access-control-allow-origin")).toBeNull();
      }
    },
  );
});

test("every API response carries the security and caching headers", async () => {
  const api = await open();
  const token = await api.sessionToken("user_admin", "admin");
  for (const [request, status] of [
    ["GET /api/probe", 200],
    ["GET /api/nothing", 404],
    ["DELETE /api/probe/a%20b", 400],
  ] as const) {
    const response = await api.call(request, { token });
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "strict-transport-security": expect.stringContaining("max-age="),
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    expect(response.headers.get("x-powered-by")).toBeNull();
  }
});
