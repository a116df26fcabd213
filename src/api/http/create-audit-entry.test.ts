import { Hono } from "hono";
import { expect, test } from "vitest";
import type { AuditEntry } from "../../audit/audit-record.ts";
import type { ApiEnv } from "./api-env.ts";
import type { Caller } from "./caller.ts";
import { createAuditEntry } from "./create-audit-entry.ts";

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

test("an audit entry takes actor, impersonator, address and user agent from the request", async () => {
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
