import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { auditStream } from "../../../src/redis/keys.ts";
import { auditRecordSchema } from "../../../src/audit/audit-record.ts";
import type { AuditEntry } from "../../../src/audit/audit-record.ts";
import { createAuditTrail, createAuditTrailMetrics } from "../../../src/audit/audit-trail.ts";
import { Registry } from "prom-client";
import { callApi } from "../../support/api/call-api.ts";
import { makeEntry } from "../../support/api/open-audit.ts";
import { openApi } from "../../support/api/open-api.ts";
import { reserveRedis } from "../../support/private-servers.ts";
import { signServiceToken } from "../../support/api/tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const pageSchema = z.object({ entries: z.array(auditRecordSchema), nextCursor: z.string().optional() });
type Page = z.infer<typeof pageSchema>;

const resources = new AsyncDisposableStack();
let api: Awaited<ReturnType<typeof openApi>>;

beforeAll(async () => {
  api = resources.use(await openApi());
  resources.defer(async () => void (await api.redis.del(auditStream(api.redisPrefix))));
});
afterAll(() => resources.disposeAsync());

const get = (query: Record<string, string> = {}, token = api.admin) =>
  callApi(api.url, `GET /api/audit?${String(new URLSearchParams(query))}`, { token });
async function read(query: Record<string, string>): Promise<Page> {
  const { status, body } = await get(query);
  expect(status).toBe(200);
  return pageSchema.parse(body);
}
async function record(...entries: readonly AuditEntry[]): Promise<void> {
  const log = pino({ level: "silent" });
  const trail = createAuditTrail({
    redis: api.redis,
    redisPrefix: api.redisPrefix,
    metrics: createAuditTrailMetrics(new Registry()),
    log,
  });
  for (const entry of entries) await trail.record(entry);
}
const targetsOf = ({ entries }: Page) => entries.map(({ targetId }) => targetId);

test("GET /api/audit requires audit:read, and the audit trail records a denied caller", async () => {
  const anonymous = await callApi(api.url, "GET /api/audit", {});
  expect(anonymous).toMatchObject({ status: 401, body: { error: "Access token required" } });
  const user = await signServiceToken({ sub: "curious", role: "user" });
  expect(await get({}, user)).toMatchObject({ status: 403, body: { error: "Admin access required" } });
  const { entries } = await read({ actor: "curious" });
  expect(entries).toEqual([
    expect.objectContaining({
      action: "access.denied",
      outcome: "denied",
      reason: "permission_missing",
      actor: { kind: "service", id: "curious" },
      ip: "127.0.0.1",
    }),
  ]);
});

test("an entry about an impersonated call names both actors and is found by either", async () => {
  const { id } = api.emulator.dashboard.createUser({ email_address: ["ada@example.com"] });
  const token = await api.emulator.signSessionToken({ userId: id, claims: { act: { sub: "user_support" } } });
  expect((await get({}, token)).status).toBe(403);
  for (const actor of [id, "user_support"]) {
    const { entries } = await read({ actor });
    expect(entries.map((entry) => entry.actor)).toEqual([{ kind: "user", id, impersonatorId: "user_support" }]);
  }
});

describe("GET /api/audit with a filter", () => {
  const at = Date.now() - 40_000;
  const time = (seconds: number) => new Date(at + seconds * 1_000).toISOString();
  const filterCases: readonly (readonly [query: Record<string, string>, targets: readonly string[]])[] = [
    [{ target: "filter_2" }, ["filter_2"]],
    [{ actor: "user_other" }, ["filter_3"]],
    [{ action: "user.deleted" }, ["filter_4", "filter_2"]],
    [{ action: "user.deleted", outcome: "failed" }, ["filter_4"]],
    [{ action: "user.deleted", outcome: "denied" }, []],
    [{ from: time(2), to: time(3) }, ["filter_3", "filter_2"]],
    [{ from: time(4), to: time(4) }, ["filter_4"]],
    [{ to: time(1) }, ["filter_1"]],
    [{ from: time(3).replace("Z", "+00:00"), to: time(5) }, ["filter_4", "filter_3"]],
  ];

  beforeAll(() =>
    record(
      makeEntry({ at: at + 1_000, targetId: "filter_1" }),
      makeEntry({ at: at + 2_000, targetId: "filter_2", action: "user.deleted" }),
      makeEntry({ at: at + 3_000, targetId: "filter_3", actor: { kind: "service", id: "user_other" } }),
      makeEntry({ at: at + 4_000, targetId: "filter_4", action: "user.deleted", outcome: "failed" }),
    ),
  );

  test.each(filterCases)("%j returns the entries %j", async (query, targets) => {
    expect(targetsOf(await read(query))).toEqual(targets);
  });
});

test("pages cover all entries, newest first and without repeats, while new entries are recorded", async () => {
  const actor = { kind: "service", id: "pages" } as const;
  const targets = Array.from({ length: 25 }, (_, index) => `page_${index}`);
  await record(...targets.map((targetId) => makeEntry({ actor, targetId })));
  const seen: (string | undefined)[] = [];
  let page: Page = { entries: [] };
  do {
    page = await read({
      actor: actor.id,
      limit: "10",
      ...(page.nextCursor !== undefined && { cursor: page.nextCursor }),
    });
    expect(page.entries.length).toBeLessThanOrEqual(10);
    seen.push(...targetsOf(page));
    await record(makeEntry({ actor, targetId: "page_new" }));
  } while (page.nextCursor !== undefined);
  expect(seen).toEqual(targets.toReversed());
});

test("one call reads a bounded number of entries, and its cursor leads to the rest", async () => {
  await record(makeEntry({ targetId: "needle" }));
  const otherEntry = JSON.stringify(makeEntry({ targetId: "hay" }));
  const pipeline = api.redis.pipeline();
  for (let count = 0; count < 6_000; count += 1) pipeline.xadd(auditStream(api.redisPrefix), "*", "entry", otherEntry);
  await pipeline.exec();
  const first = await read({ target: "needle" });
  expect(first.entries).toEqual([]);
  const second = await read({ target: "needle", cursor: first.nextCursor ?? "" });
  expect(targetsOf(second)).toEqual(["needle"]);
});

test.each([
  ["limit", { limit: "0" }],
  ["limit", { limit: "201" }],
  ["cursor", { cursor: "1-2-3" }],
  ["outcome", { outcome: "maybe" }],
  ["from", { from: "yesterday" }],
  ["to", { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }],
  ["actor", { actor: "" }],
] as const)("GET /api/audit is 400 for an invalid %s: %j", async (path, query) => {
  const { status, body } = await get(query);
  expect(status).toBe(400);
  expect(body["details"]).toEqual([{ path, message: expect.any(String) }]);
});

test("GET /api/audit is 503 within two seconds while Redis is down", async () => {
  await using server = await reserveRedis();
  const running = await server.start();
  await using isolatedApi = await openApi({ variables: { REDIS_URL: running.url } });
  const call = () => callApi(isolatedApi.url, "GET /api/audit", { token: api.admin });
  await waitFor("the audit trail can be read", async () => (await call()).status === 200);
  await running.kill();
  const startedAt = performance.now();
  expect(await call()).toMatchObject({ status: 503, body: { code: "audit_unavailable" } });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
