import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AuditEntry } from "./audit-record.ts";
import { startDenialTrail } from "./denial-trail.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const denial = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  at: 1,
  requestId: "r",
  action: "auth.login_failed",
  outcome: "denied",
  actor: { kind: "service", id: "web" },
  targetId: "user_1",
  ip: "203.0.113.7",
  userAgent: "tests",
  reason: "wrong_password",
  ...changes,
});

function open() {
  const recorded: AuditEntry[] = [];
  const trail = startDenialTrail({ record: async (entry) => void recorded.push(entry) });
  return { trail, recorded };
}

test("the first denial of a kind is recorded at once, and its repeats of a minute are one entry with their number", async () => {
  const { trail, recorded } = open();
  for (let time = 0; time < 50; time += 1) await trail.record(denial({ requestId: `r${time}` }));
  expect(recorded).toEqual([denial({ requestId: "r0" })]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(recorded.slice(1)).toEqual([denial({ requestId: "r0", count: 49 })]);
  await trail.record(denial({ requestId: "later" }));
  expect(recorded.at(-1)).toEqual(denial({ requestId: "later" }));
  await trail.stop();
});

test("denials of other accounts, addresses, callers and reasons have entries of their own", async () => {
  const { trail, recorded } = open();
  const kinds = [
    denial(),
    denial({ targetId: "user_2" }),
    denial({ ip: "203.0.113.8" }),
    denial({ actor: { kind: "service", id: "app" } }),
    denial({ reason: "locked" }),
    denial({ action: "access.denied" }),
  ];
  for (const entry of kinds) await trail.record(entry);
  expect(recorded).toEqual(kinds);
  await trail.stop();
});

test("a flood of different denials is recorded by its number", async () => {
  const { trail, recorded } = open();
  for (let user = 0; user < 10_000; user += 1) await trail.record(denial({ targetId: `user_${user}` }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(recorded).toHaveLength(201);
  expect(recorded.at(-1)).toMatchObject({ action: "auth.login_failed", reason: "several", count: 9_800 });
  expect(recorded.at(-1)).not.toHaveProperty("targetId");
  await trail.stop();
});

test("what is being counted is recorded when the process stops", async () => {
  const { trail, recorded } = open();
  for (let time = 0; time < 3; time += 1) await trail.record(denial());
  await trail.stop();
  expect(recorded.at(-1)).toEqual(denial({ count: 2 }));
});
