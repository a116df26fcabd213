import { expect, test } from "vitest";
import { openApi } from "../../support/api/open-api.ts";

test("requests to the user API are counted by operation and status, and timed by operation", async () => {
  await using api = await openApi();
  const { id } = api.dashboard.createUser({ email_address: ["ada@example.com"] });
  await api.call(`GET /api/users/${id}`, api.admin);
  await api.call("GET /api/users/user_unknown", api.admin);
  await api.call("GET /api/users?limit=0", api.admin);
  await api.call("GET /api/nothing", api.admin);
  await api.call("PATCH /api/users", api.admin);

  const requests = (operation: string, status: number) =>
    api.readMetric("bridge_api_requests_total", { operation, status: String(status) });
  expect(await requests("getUser", 200)).toBe(1);
  expect(await requests("getUser", 404)).toBe(1);
  expect(await requests("listUsers", 400)).toBe(1);
  expect(await requests("unknown", 404)).toBe(1);
  expect(await requests("unknown", 405)).toBe(1);
  expect(await api.readMetric("bridge_api_request_seconds_count", { operation: "getUser" })).toBe(2);
});

test("refused callers are counted by reason: bad tokens, exhausted quotas, missing permissions", async () => {
  await using api = await openApi({ variables: { RATE_LIMIT_PER_IP: "2" } });
  await api.call("GET /api/users", "not-a-token");
  await api.call("GET /api/users", await api.sessionToken("user_ada"));
  await api.call("GET /api/users", api.admin);

  const refusals = (kind: string, reason: string) => api.readMetric("bridge_api_refusals_total", { kind, reason });
  expect(await api.readMetric("bridge_api_refusals_total", { kind: "token_rejected" })).toBe(1);
  expect(await refusals("access_denied", "permission_missing")).toBe(1);
  expect(await refusals("rate_limited", "ip")).toBe(1);
});
