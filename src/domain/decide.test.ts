import type { User } from "@clerk-kafka-bridge/events";
import { describe, expect, test } from "vitest";
import type { Deletion, Snapshot } from "./change.ts";
import { decide, type Decision } from "./decide.ts";
import type { PresentState, State } from "./state.ts";

const ada: User = {
  id: "user_ada",
  firstName: "Ada",
  lastName: "Lovelace",
  username: "ada",
  emailAddress: ["ada@example.com"],
  role: "user",
};
const policy = { verifyBefore: 0, now: 1_900_000_000_000 };

const snapshot = (version: number, changes: Partial<User> = {}, more: Partial<Snapshot> = {}): Snapshot => ({
  kind: "snapshot",
  source: "webhook",
  isCreateEvent: false,
  user: { ...ada, ...changes },
  createdAt: 1_000,
  version,
  readAt: 0,
  isPartial: false,
  ...more,
});
const deletion: Deletion = { kind: "deletion", source: "webhook", userId: ada.id, deletedAt: 9_000 };
const state = (version: number, changes: Partial<User> = {}, sequence = 1): PresentState => ({
  status: "present",
  user: { ...ada, ...changes },
  createdAt: 1_000,
  version,
  readAt: 0,
  sequence,
});

function published(decision: Decision) {
  if (decision.outcome !== "publish") throw new Error(`expected an event, got ${decision.outcome}`);
  return decision;
}

describe("the first snapshot of a user", () => {
  test("is published as user.created with Clerk's created_at, whatever the message", () => {
    const { event, origin, next } = published(decide(undefined, snapshot(5_000), policy));
    expect(event).toMatchObject({ eventType: "user.created", timestamp: "1970-01-01T00:00:01.000Z", data: ada });
    expect(origin).toBe("first-seen");
    expect(next).toMatchObject({ status: "present", version: 5_000, sequence: 1 });
  });

  test.each([
    ["webhook", true, "webhook"],
    ["webhook", false, "first-seen"],
    ["api", true, "api"],
    ["api", false, "first-seen"],
    ["backfill", false, "backfill"],
    ["reconciliation", false, "reconciliation"],
  ] as const)("from %s (a create event: %s) has the origin %s", (source, isCreateEvent, origin) => {
    expect(published(decide(undefined, snapshot(1, {}, { source, isCreateEvent }), policy)).origin).toBe(origin);
  });

  test("is unverified when its version is older than the policy allows, unless it was read from Clerk's API", () => {
    expect(decide(undefined, snapshot(4_999), { ...policy, verifyBefore: 5_000 })).toEqual({ outcome: "unverified" });
    expect(decide(undefined, snapshot(5_000), { ...policy, verifyBefore: 5_000 }).outcome).toBe("publish");
    expect(decide(undefined, snapshot(4_999, {}, { readAt: 6_000 }), { ...policy, verifyBefore: 5_000 }).outcome).toBe(
      "publish",
    );
  });
});

describe("optional fields", () => {
  const withId = { externalId: "crm-7" };
  const read = { readAt: 9, source: "reconciliation" } as const;

  test("that the state lacks are published once, with an origin that says that the user has not changed", () => {
    const decision = published(decide(state(2), snapshot(2, withId, read), policy));
    expect(decision.origin).toBe("fields-added");
    expect(decision.event.data).toEqual({ id: ada.id, changes: withId });
    expect(decide(decision.next, snapshot(2, withId, read), policy)).toEqual({ outcome: "duplicate" });
    expect(decide(decision.next, snapshot(2, withId, { ...read, readAt: 10 }), policy).outcome).toBe("unchanged");
  });

  test("that come with a change are published with it, under the change's own origin", () => {
    const decision = published(decide(state(2), snapshot(3, { ...withId, role: "admin" }), policy));
    expect(decision.origin).toBe("webhook");
    expect(decision.event.data).toEqual({ id: ada.id, changes: { ...withId, role: "admin" } });
  });

  test("that change are published like any other field, whatever the order of their keys", () => {
    const before = state(2, { publicMetadata: { a: 1, b: { c: [], d: null } } });
    const same = snapshot(3, { publicMetadata: { b: { d: null, c: [] }, a: 1 } });
    const other = { publicMetadata: { a: 1, b: { c: [0], d: null } } };
    expect(decide(before, same, policy).outcome).toBe("unchanged");
    const decision = published(decide(before, snapshot(3, other), policy));
    expect([decision.origin, decision.event.data]).toEqual(["webhook", { id: ada.id, changes: other }]);
  });

  test("that are no longer published leave the state without an event", () => {
    const decision = decide(state(2, { ...withId, banned: true }), snapshot(2, { banned: true }, read), policy);
    expect(decision).toMatchObject({ outcome: "unchanged", next: { sequence: 1, user: { ...ada, banned: true } } });
    expect(decision.outcome === "unchanged" && decision.next).not.toHaveProperty("user.externalId");
  });

  test("do not change the id of an event without them", () => {
    const id = (changes: Partial<User>) =>
      published(decide(undefined, snapshot(1, changes, { isCreateEvent: true }), policy)).event.eventId;
    expect(id({})).toBe("983df1f8-ee8d-5b8e-b286-badedb45140a");
    expect(id(withId)).not.toBe(id({}));
  });

  test("that a message lacks make it unverified, unless it changes nothing anyway", () => {
    const partial = (version: number, more: Partial<Snapshot> = {}) =>
      snapshot(version, {}, { isPartial: true, ...more });
    expect(decide(undefined, partial(1), policy).outcome).toBe("unverified");
    expect(decide(state(2), partial(3, { readAt: 9 }), policy).outcome).toBe("unverified");
    expect(decide(state(2), partial(1), policy).outcome).toBe("stale");
    const deleted: State = { status: "deleted", sequence: 2 };
    expect(decide(deleted, partial(3), policy).outcome).toBe("stale");
    expect(decide(deleted, partial(3, { source: "restore" }), policy).outcome).toBe("unverified");
  });
});

describe("a further snapshot of a user", () => {
  test("is published as user.updated with only the changed fields", () => {
    const { event, next } = published(decide(state(1), snapshot(2, { firstName: "Augusta", role: "admin" }), policy));
    expect(event).toMatchObject({
      eventType: "user.updated",
      data: { id: ada.id, changes: { firstName: "Augusta", role: "admin" } },
    });
    expect(Object.keys("changes" in event.data ? event.data.changes : {})).toHaveLength(2);
    expect(next.sequence).toBe(2);
  });

  test.for<Partial<User>>([
    { firstName: "Augusta" },
    { lastName: "King" },
    { username: "countess" },
    { emailAddress: ["a@example.com", "ada@example.com"] },
    { role: "admin" },
  ])("is published with a change of %j", (changes) => {
    const { event } = published(decide(state(1), snapshot(2, changes), policy));
    expect(event.data).toEqual({ id: ada.id, changes });
  });

  test("without a changed field is not published but advances the version, so that an older one is stale", () => {
    const unchanged = decide(state(1), snapshot(3), policy);
    expect(unchanged).toEqual({ outcome: "unchanged", next: state(3) });
    const next: State = unchanged.outcome === "unchanged" ? unchanged.next : state(0);
    expect(decide(next, snapshot(2, { firstName: "Late" }), policy)).toEqual({ outcome: "stale" });
  });

  test("is a duplicate if it equals the state, and stale if it is older", () => {
    expect(decide(state(2), snapshot(2), policy)).toEqual({ outcome: "duplicate" });
    expect(decide(state(2), snapshot(1, { firstName: "Old" }), policy)).toEqual({ outcome: "stale" });
  });

  test("of equal version and other content wins over only one of the two, so that repeats cannot alternate", () => {
    const a = snapshot(2, { firstName: "A" });
    const b = snapshot(2, { firstName: "B" });
    const outcomes = [decide(state(2, { firstName: "A" }), b, policy), decide(state(2, { firstName: "B" }), a, policy)];
    expect(outcomes.map((decision) => decision.outcome).toSorted()).toEqual(["publish", "stale"]);
  });

  test("of equal version wins over the state when it was read from Clerk's API", () => {
    for (const firstName of ["A", "Z"]) {
      const read = snapshot(2, { firstName }, { source: "reconciliation", readAt: 7_000 });
      expect(decide(state(2, { firstName: "M" }), read, policy).outcome).toBe("publish");
    }
  });
});

describe("a state whose version lies in the future", () => {
  const { now } = policy;
  const hour = 3_600_000;
  const future = state(now + 2 * hour, { firstName: "Wrong" }, 3);

  test("is overruled by what Clerk says now, so that later changes count again", () => {
    const said = snapshot(now - 1, { firstName: "Right" }, { source: "reconciliation", readAt: now });
    const { event, next } = published(decide(future, said, policy));
    expect(event).toMatchObject({ eventType: "user.updated", data: { changes: { firstName: "Right" } } });
    expect(next).toMatchObject({ version: now - 1, sequence: 4 });
    expect(decide(next, said, policy)).toEqual({ outcome: "duplicate" });
    expect(decide(next, snapshot(now, { firstName: "Later" }), policy).outcome).toBe("publish");
  });

  test("gets the right version from Clerk even if its content is right", () => {
    const said = snapshot(now - 1, { firstName: "Wrong" }, { source: "reconciliation", readAt: now });
    expect(decide(future, said, policy)).toMatchObject({ outcome: "unchanged", next: { version: now - 1 } });
  });

  test("is not overruled by a webhook, which may be late", () => {
    expect(decide(future, snapshot(now - 1, { firstName: "Late" }), policy)).toEqual({ outcome: "stale" });
  });

  test("is not overruled by an older answer of Clerk's once that time has come, so that a late message changes nothing", () => {
    const said = snapshot(now - 1, {}, { source: "reconciliation", readAt: now });
    expect(decide(future, said, { ...policy, now: now + hour })).toEqual({ outcome: "stale" });
  });
});

describe("a restoration by an operator", () => {
  const deleted: State = { status: "deleted", sequence: 2 };
  const restore = (firstName: string, readAt: number) => snapshot(7, { firstName }, { source: "restore", readAt });

  test("publishes user.created for a deleted user, and the sequence goes on", () => {
    const { event, origin, next } = published(decide(deleted, restore("Ada", 50), policy));
    expect([event.eventType, origin, next.sequence]).toEqual(["user.created", "restore", 3]);
    expect(decide(next, restore("Ada", 50), policy)).toEqual({ outcome: "duplicate" });
  });

  test("gives every event after it an id of its own, also those of further deletions and restorations", () => {
    let current: State = state(1);
    const ids: string[] = [];
    const changes = [
      deletion,
      restore("Ada", 50),
      deletion,
      restore("Ada", 60),
      snapshot(8, { role: "admin" }),
      deletion,
    ];
    for (const change of changes) {
      const { event, next } = published(decide(current, change, policy));
      ids.push(event.eventId);
      current = next;
    }
    expect(new Set(ids).size).toBe(changes.length);
    expect(current).toEqual({ status: "deleted", sequence: 7 });
  });

  test("of a user that is not deleted is an ordinary snapshot", () => {
    expect(decide(state(7), restore("Ada", 50), policy).outcome).toBe("unchanged");
    expect(decide(state(8), restore("Ada", 50), policy)).toEqual({ outcome: "stale" });
  });
});

describe("a deletion", () => {
  test("is published with the last known email addresses and is final", () => {
    const { event, next } = published(decide(state(2, {}, 4), deletion, policy));
    expect(event).toMatchObject({
      eventType: "user.deleted",
      timestamp: "1970-01-01T00:00:09.000Z",
      data: { id: ada.id, emailAddress: ["ada@example.com"] },
    });
    expect(next).toEqual({ status: "deleted", sequence: 5 });
    expect(decide(next, snapshot(99), policy)).toEqual({ outcome: "stale" });
    expect(decide(next, deletion, policy)).toEqual({ outcome: "duplicate" });
  });

  test("of an unknown user is published without email addresses", () => {
    expect(published(decide(undefined, deletion, policy)).event.data).toEqual({ id: ada.id, emailAddress: [] });
  });
});

describe("an event id", () => {
  test("is equal for the same change from every source, and different for another change", () => {
    const id = (change: Snapshot | Deletion, before?: State) => published(decide(before, change, policy)).event.eventId;
    expect(id(snapshot(1, {}, { source: "api" }))).toBe(id(snapshot(1, {}, { source: "backfill" })));
    expect(id({ ...deletion, deletedAt: 1 })).toBe(id(deletion, state(3)));
    const ids = [snapshot(1), snapshot(2), snapshot(2, { role: "admin" }), deletion].map((change) => id(change));
    expect(new Set(ids).size).toBe(4);
    expect(id(snapshot(2), state(1, { role: "x" }))).not.toBe(id(snapshot(2)));
  });
});
