import { expect, onTestFinished, test } from "vitest";
import { findFreePort } from "../../dev/stack/free-port.ts";
import type { AuditEntry } from "./audit-record.ts";
import { createAuditTrail, createAuditTrailMetrics, sanitizeEntry } from "./audit-trail.ts";
import { createLogger } from "../shared/logger.ts";
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

test("an audit entry contains no secret and has at most 20 KB", () => {
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

test("while Redis is unavailable an audit entry is logged without secrets and counted, and the caller continues", async () => {
  const lines: string[] = [];
  const log = createLogger("api", "info", { write: (line) => void lines.push(line) });
  const redis = createFailFastRedis({ kind: "single", url: `redis://127.0.0.1:${await findFreePort()}` }, log);
  onTestFinished(() => redis.disconnect());
  const metrics = createAuditTrailMetrics(new Registry());
  const trail = createAuditTrail({ redis, redisPrefix: "test", metrics, log });
  await trail.record({ ...entry, after: { role: "admin", password: "hunter2" } });
  const logged: unknown = JSON.parse(lines.find((line) => line.includes("audit.not_kept")) ?? "{}");
  expect(logged).toMatchObject({
    level: "error",
    entry: { ...entry, after: { role: "admin", password: "[redacted]" } },
  });
  expect(lines.join("")).not.toContain("hunter2");
  expect(await metrics.audited.get()).toMatchObject({ values: [{ value: 1, labels: { outcome: "logged" } }] });
});
