import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { callApi } from "../../support/api/call-api.ts";
import { openApi } from "../../support/api/open-api.ts";
import { type Contract, type ContractCall, readContract } from "../../support/api/read-contract.ts";
import { signatureHeaders } from "../../support/clerk/send-webhook.ts";

let api: Awaited<ReturnType<typeof openApi>>;
let document: Record<string, unknown>;
let contract: Contract;
beforeAll(async () => {
  api = await openApi({
    variables: {
      CLERK_RATE_LIMIT: "10000",
      RATE_LIMIT_BAD_TOKENS: "1000",
      REQUIRE_MFA_FOR: "mfa",
      PASSWORD_FAILURE_MIN_MS: "0",
    },
  });
  document = z.record(z.string(), z.unknown()).parse(await (await get("/openapi.json")).json());
  contract = readContract(document);
});
afterAll(() => api[Symbol.asyncDispose]());

const get = (path: string) => fetch(`${api.url}${path}`, { signal: AbortSignal.timeout(10_000) });

/** Operations that have answered with 2xx. */
const succeeded = new Set<string>();
/** Responses that differ from the expected status or from the document, since the last check. */
const deviations: unknown[] = [];

async function call(operation: string, expected: number, options: ContractCall = {}) {
  const { status, body, breaches } = await contract.call(api.url, operation, { token: api.admin, ...options });
  if (status !== expected || breaches.length > 0) deviations.push({ operation, expected, status, body, breaches });
  if (status < 300) succeeded.add(operation);
  return body;
}

const idSchema = z.looseObject({ id: z.string() });
const newUser = (name: string) => ({
  firstName: "Ada",
  lastName: "Lovelace",
  username: name,
  emailAddress: [`${name}@example.com`],
  password: "engines-and-looms",
});

describe("responses match the OpenAPI document", () => {
  test("for user operations", async () => {
    const { id: userId } = idSchema.parse(await call("POST /api/users", 201, { json: newUser("lovelace") }));
    const path = { userId };
    await call("POST /api/users", 409, { json: newUser("lovelace") });
    await call("POST /api/users", 400, {
      json: { ...newUser("x"), emailAddress: ["not an address"], password: "short" },
    });
    await call("GET /api/users", 200, { query: { search: "love", role: "user" } });
    await call("GET /api/users", 400, { query: { limit: "101" } });
    await call("GET /api/users/{userId}", 200, { path });
    await call("GET /api/users/{userId}", 404, { path: { userId: "user_unknown" } });
    await call("PUT /api/users/{userId}", 200, {
      path,
      json: { lastName: "Byron", emailAddress: ["byron@example.com", "ada@example.com"] },
    });
    await call("PUT /api/users/{userId}", 200, { path, json: {} });
    await call("PUT /api/users/{userId}", 415, { path });
    await call("PATCH /api/users/{userId}", 200, { path, json: { lastName: "King" } });
    await call("PATCH /api/users/{userId}/role", 200, { path, json: { role: "user" } });
    await call("GET /api/users", 400, { query: { pageSize: "3" } });
    await call("PUT /api/users/{userId}", 404, { path: { userId: "user_unknown" }, json: { lastName: "Byron" } });
    await call("PUT /api/users/{userId}/role", 200, { path, json: { role: "admin" } });
    await call("PUT /api/users/{userId}/role", 400, { path, json: { role: "emperor" } });
    await call("POST /api/users/batch", 207, {
      json: {
        operations: [
          { type: "create", user: newUser("grace_h") },
          { type: "create", user: newUser("lovelace") },
          { type: "update", userId, user: { firstName: "Augusta" } },
          { type: "delete", userId: "user_unknown" },
          { type: "rename" },
        ],
      },
    });
    await call("POST /api/users/batch", 400, { json: { operations: [] } });
    await call("DELETE /api/users/{userId}", 204, { path });
    await call("DELETE /api/users/{userId}", 404, { path });
    expect(deviations.splice(0)).toEqual([]);
  });

  test("for account operations", async () => {
    const { dashboard, sessionToken } = api;
    const { id: userId } = dashboard.createUser({ email_address: ["grace@example.com"], password: "first-bug-found" });
    dashboard.connectExternalAccount(userId, {
      provider: "oauth_github",
      provider_user_id: "9",
      email_address: "grace@hub.example",
    });
    const { id: sessionId } = dashboard.signIn(userId);
    const path = { userId };
    const { id: adminId } = dashboard.createUser({ email_address: ["boss@example.com"] });
    const stale = await sessionToken(adminId, "admin", { fva: [1, 500] });
    await call("GET /api/users/{userId}/details", 200, { path });
    const linked = dashboard.getUser(userId).external_accounts.map(({ id }) => id);
    for (const [externalAccountId, status] of [
      [linked[0] ?? "", 204],
      ["eac_none", 404],
    ] as const) {
      const unlink = "DELETE /api/users/{userId}/external-accounts/{externalAccountId}";
      await call(unlink, status, { path: { userId, externalAccountId } });
    }
    dashboard.signIn(userId);
    await call("GET /api/users/{userId}/sessions", 200, { path });
    await call("GET /api/users/{userId}/sessions", 400, { path, query: { page: "0" } });
    await call("DELETE /api/users/{userId}/sessions/{sessionId}", 204, { path: { userId, sessionId } });
    await call("DELETE /api/users/{userId}/sessions/{sessionId}", 404, { path: { userId, sessionId: "sess_none" } });
    await call("DELETE /api/users/{userId}/sessions", 200, { path });
    for (const verb of ["lock", "unlock", "ban", "unban"])
      await call(`POST /api/users/{userId}/${verb}`, 200, { path });
    await call("POST /api/users/{userId}/reset-mfa", 204, { path });
    await call("POST /api/users/{userId}/reset-mfa", 403, { path, token: stale });
    await call("POST /api/users/{userId}/recovery-link", 201, { path });
    await call("POST /api/users/{userId}/recovery-link", 404, { path: { userId: "user_unknown" } });
    const credentials = { email: "grace@example.com", password: "first-bug-found" };
    await call("POST /api/auth/verify-password", 200, { json: credentials });
    await call("POST /api/auth/verify-password", 401, { json: { ...credentials, password: "second" } });
    await call("POST /api/auth/verify-password", 400, { json: { email: "grace" } });
    await call("POST /api/auth/verify-password", 413, { json: { ...credentials, password: "x".repeat(2_000_000) } });
    expect(deviations.splice(0)).toEqual([]);
  });

  test("for audit and analytics operations", async () => {
    await call("GET /api/audit", 200, { query: { limit: "5" } });
    await call("GET /api/audit", 200, { query: { to: "1960-01-01T00:00:00Z" } });
    await call("GET /api/audit", 400, { query: { cursor: "first" } });
    await call("GET /api/audit", 400, { query: { cursor: "0-0" } });
    for (const series of ["sessions", "registrations", "logins", "security-events", "active-users"]) {
      await call(`GET /api/analytics/${series}`, 200);
      await call(`GET /api/analytics/${series}`, 400, { query: { from: "yesterday" } });
    }
    expect(deviations.splice(0)).toEqual([]);
  });

  test("for webhooks, health checks, metrics and the document itself", async () => {
    const message = { id: "msg_1", body: JSON.stringify({ type: "user.deleted", data: { id: "user_gone" } }) };
    const signed = { headers: signatureHeaders(message), text: message.body, token: undefined };
    await call("POST /webhooks/clerk", 204, signed);
    await call("POST /webhooks/clerk", 400, { ...signed, text: "{}" });
    await call("POST /webhooks/clerk", 413, { ...signed, text: "x".repeat(2_000_000) });
    for (const path of ["livez", "readyz", "metrics", "openapi.json", "asyncapi.json", "docs", "docs/topics"]) {
      await call(`GET /${path}`, 200, { token: undefined });
    }
    expect(deviations.splice(0)).toEqual([]);
  });

  test("for every operation, each with a 2xx response at least once", () => {
    expect(contract.operations.filter((operation) => !succeeded.has(operation))).toEqual([]);
  });

  test("for missing tokens, forged tokens, missing permissions and malformed ids", async () => {
    const user = await api.sessionToken("user_other");
    for (const operation of contract.operations.filter((name) => name.includes(" /api/"))) {
      if (!contract.needsToken(operation)) deviations.push(`${operation} needs no token`);
      await call(operation, 401, { token: undefined });
      await call(operation, 403, { token: "ey.not.one" });
      await call(operation, 403, { token: user });
      const body = /^(PUT|PATCH)/.test(operation) ? { json: {} } : {};
      const path = { userId: "-1.2", sessionId: "sess_1", externalAccountId: "eac_1" };
      if (operation.includes("{userId}")) await call(operation, 400, { path, ...body });
    }
    expect(deviations.splice(0)).toEqual([]);
  });
});

test("malformed JSON, another content type, unknown parameters and unknown fields have errors that say so", async () => {
  const refuse = async (line: string, body: string | undefined, type: string) => {
    const { status, body: answer } = await callApi(api.url, line, {
      token: api.admin,
      headers: { "content-type": type },
      ...(body !== undefined && { body }),
    });
    return [status, answer["code"], answer["details"]];
  };
  const json = "application/json";
  expect(await refuse("POST /api/users", "{", json)).toEqual([400, "malformed_json", undefined]);
  for (const method of ["PUT", "PATCH"]) {
    const line = `${method} /api/users/user_1`;
    expect(await refuse(line, "lastName=Byron", "text/plain")).toEqual([415, "unsupported_media_type", undefined]);
  }
  expect(await refuse("GET /api/users?pageSize=3&rolle=admin", undefined, json)).toEqual([
    400,
    "invalid_input",
    [{ path: "", message: "Unknown: pageSize, rolle" }],
  ]);
  expect(await refuse("PATCH /api/users/user_1", '{"lastname":"Byron","firstName":"A"}', json)).toEqual([
    400,
    "invalid_input",
    [
      { path: "firstName", message: "Must have at least 2 characters" },
      { path: "", message: "Unknown: lastname" },
    ],
  ]);
});

test("every operation refuses a parameter that it does not know", async () => {
  const path = { userId: "user_1", sessionId: "sess_1", externalAccountId: "eac_1" };
  for (const operation of contract.operations.filter((name) => name.includes(" /api/"))) {
    const body = /^(PUT|PATCH)/.test(operation) ? { json: {} } : {};
    const answer = await call(operation, 400, { path, query: { unexpected: "1" }, ...body });
    expect({ operation, answer }).toMatchObject({
      operation,
      answer: {
        code: "invalid_input",
        details: expect.arrayContaining([{ path: "", message: "Unknown: unexpected" }]),
      },
    });
  }
  expect(deviations.splice(0)).toEqual([]);
});

test("an unsupported method gets 405 with the allowed methods", async () => {
  for (const [line, allow] of [
    ["DELETE /api/users", "GET, HEAD, POST"],
    ["POST /api/users/user_1", "GET, HEAD, PUT, PATCH, DELETE"],
    ["GET /api/users/user_1/lock", "POST"],
    ["PUT /webhooks/clerk", "POST"],
    ["TRACE /livez", "GET, HEAD"],
  ] as const) {
    const { status, body, headers } = await callApi(api.url, line);
    expect([line, status, body["code"], headers["allow"]]).toEqual([line, 405, "method_not_allowed", allow]);
  }
  expect(await callApi(api.url, "GET /api/nothing")).toMatchObject({ status: 404, body: { code: "not_found" } });
  expect(await callApi(api.url, "HEAD /livez")).toMatchObject({ status: 200 });
});

describe("the OpenAPI document", () => {
  test("is valid OpenAPI 3.1 and gives every operation a summary, a described tag and its errors", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    const { openapi, tags, paths } = z
      .looseObject({
        openapi: z.string(),
        tags: z.array(z.object({ name: z.string(), description: z.string() })),
        paths: z.record(
          z.string(),
          z.record(
            z.string(),
            z.looseObject({
              summary: z.string().min(5),
              tags: z.array(z.string()).length(1),
              responses: z.looseObject({}),
            }),
          ),
        ),
      })
      .parse(document);
    expect(openapi).toBe("3.1.0");
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const described = tags.map(({ name }) => name);
    expect(new Set(operations.flatMap((operation) => operation.tags))).toEqual(new Set(described));
    const guarded = Object.entries(paths).filter(([path]) => path.startsWith("/api/"));
    for (const { responses } of guarded.flatMap(([, methods]) => Object.values(methods))) {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(["401", "403", "429", "500", "503"]));
    }
  });

  test("is shown by a page that loads nothing from other origins and runs only its own scripts", async () => {
    const page = await get("/docs");
    const policy = page.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? "");
    expect(links).toContain("docs/swagger-ui-bundle.js");
    for (const link of links.filter((href) => href !== "data:,")) {
      const url = new URL(link, page.url);
      expect(url.origin).toBe(new URL(page.url).origin);
      const asset = await get(url.pathname);
      expect([link, asset.status, asset.headers.get("x-content-type-options")]).toEqual([link, 200, "nosniff"]);
      expect((await asset.text()).length).toBeGreaterThan(10);
    }
  });
});
