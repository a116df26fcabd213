import { Hono } from "hono";
import { expect, onTestFinished, test } from "vitest";
import { findFreePort } from "../../dev/stack/free-port.ts";
import type { AuditEntry } from "./audit-trail.ts";
import { sanitizeEntry } from "./sanitize-entry.ts";
import { createAuditEntry } from "../api/http/create-audit-entry.ts";
import { createAuditTrail } from "./audit-trail.ts";
import type { Caller } from "../api/http/caller.ts";
import type { ApiEnv } from "../api/http/api-env.ts";
import { createLogger } from "../shared/logger.ts";
import { createAuditTrailMetrics } from "./audit-metrics.ts";
import { Registry } from "prom-client";
import { createFailFastRedis } from "../redis/create-redis.ts";

const entry: AuditEntry = {
  at: 1_767_225_600_000,
  requestId: "req_1",
  action: "user.updated",
  outcome: "done",
  actor: { kind: "user", id: "user_admin" },
  targetId: "user_1",
  ip: "203.0.113.7",
  userAgent: "tests",
};

async function entryBy(caller: Caller | undefined): Promise<AuditEntry> {
  const app = new Hono<ApiEnv>();
  let made: AuditEntry | undefined;
  app.get("/", (c) => {
    c.set("requestId", "req_1");
    c.set("ip", "203.0.113.7");
    c.set("caller", caller);
    made = createAuditEntry(c, () => entry.at, { action: "user.updated", outcome: "done", targetId: "user_1" });
    return c.body(null);
  });
  await app.request("/", { headers: { "user-agent": "tests" } });
  if (made === undefined) throw new Error("no entry");
  return made;
}

test("an entry knows who, from where and when by the request", async () => {
  const permissions = new Set<never>();
  const user = { kind: "user", id: "user_admin", role: "admin", permissions, sessionId: "sess_1" } as const;
  const more = { impersonatorId: undefined, factorAgeMinutes: undefined, issuedAt: 0 };
  expect(await entryBy({ ...user, ...more })).toEqual(entry);
  expect((await entryBy({ ...user, ...more, impersonatorId: "user_support" })).actor).toEqual({
    kind: "user",
    id: "user_admin",
    impersonatorId: "user_support",
  });
  expect((await entryBy({ kind: "service", id: "billing", role: "admin", permissions })).actor).toEqual({
    kind: "service",
    id: "billing",
  });
  expect((await entryBy(undefined)).actor).toEqual({ kind: "anonymous", id: "anonymous" });
});

test("an entry holds no secret and is at most 20 KB, whatever it is made of", () => {
  const long = "é".repeat(20_000);
  const bounded = sanitizeEntry({
    ...entry,
    requestId: long,
    actor: { kind: "user", id: long, impersonatorId: long },
    targetId: long,
    userAgent: long,
    reason: long,
    before: { password: "hunter2", nested: { token: "hunter2", role: "user" } },
    after: { text: long },
  });
  expect(JSON.stringify(bounded)).not.toContain("hunter2");
  expect(bounded.before).toEqual({ password: "[redacted]", nested: { token: "[redacted]", role: "user" } });
  expect(bounded.after).toEqual({ omitted: expect.stringMatching(/^\d+ bytes$/) });
  expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThan(20_000);
  expect(sanitizeEntry(entry)).toEqual(entry);
});

test("while Redis is away an entry is logged whole, without secrets, and counted; the caller goes on", async () => {
  const lines: string[] = [];
  const log = createLogger("api", "info", { write: (line) => void lines.push(line) });
  const redis = createFailFastRedis({ kind: "single", url: `redis://127.0.0.1:${await findFreePort()}` }, log);
  onTestFinished(() => redis.disconnect());
  const metrics = createAuditTrailMetrics(new Registry());
  const trail = createAuditTrail({ redis, redisPrefix: "test", metrics, log });
  await trail.record({ ...entry, after: { role: "admin", password: "hunter2" } });
  const logged: unknown = JSON.parse(lines.find((line) => line.includes("audit.not_kept")) ?? "{}");
  expect(logged).toMatchObject({ level: 50, entry: { ...entry, after: { role: "admin", password: "[redacted]" } } });
  expect(lines.join("")).not.toContain("hunter2");
  expect(await metrics.audited.get()).toMatchObject({ values: [{ value: 1, labels: { outcome: "logged" } }] });
});
