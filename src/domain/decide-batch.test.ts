import { type User, type UserEvent, userEventSchema } from "@clerk-kafka-bridge/events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Change, userIdOf } from "./change.ts";
import { decideBatch } from "./decide-batch.ts";
import type { Message } from "./message.ts";
import type { State } from "./state.ts";

const user = fc.record({
  id: fc.constantFrom("user_a", "user_b", "user_c"),
  firstName: fc.constantFrom("", "Ada", "Grace"),
  lastName: fc.constant("L"),
  username: fc.constantFrom("", "x"),
  emailAddress: fc.constantFrom<string[]>([], ["a@x.com"], ["a@x.com", "b@x.com"], ["b@x.com", "a@x.com"]),
  role: fc.constantFrom("user", "admin"),
});
// Few versions and many changes, so that ties and repeats are common.
const snapshot = fc.record({
  kind: fc.constant("snapshot" as const),
  source: fc.constantFrom("webhook" as const, "api" as const, "backfill" as const, "reconciliation" as const),
  isCreateEvent: fc.boolean(),
  user,
  createdAt: fc.constant(1_000),
  version: fc.integer({ min: 1_000, max: 1_006 }),
  readAt: fc.constantFrom(0, 0, 0, 5_000, 6_000),
  isPartial: fc.constant(false),
});
const deletion = fc.record({
  kind: fc.constant("deletion" as const),
  source: fc.constant("webhook" as const),
  userId: fc.constantFrom("user_a", "user_b"),
  deletedAt: fc.integer({ min: 2_000, max: 2_002 }),
});
const history = fc.array(fc.oneof({ weight: 9, arbitrary: snapshot }, { weight: 1, arbitrary: deletion }), {
  maxLength: 24,
});
/** The history in any order, with some changes repeated. */
const withArrivals = history.chain((changes) =>
  fc.record({
    changes: fc.constant(changes),
    arrivals: fc
      .subarray(changes)
      .chain((repeats) =>
        fc.shuffledSubarray([...changes, ...repeats], { minLength: changes.length + repeats.length }),
      ),
    cuts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  }),
);

/** The decision does not read the message. */
const message: Message = { id: "msg_1", source: "webhook", type: "user.updated", receivedAt: 0, readAt: 0, data: {} };

/** Decides the changes in batches of the given sizes, in turn, as a shard does. */
function run(changes: readonly Change[], sizes: readonly number[]) {
  const states = new Map<string, State>();
  const events: UserEvent[] = [];
  for (let at = 0, turn = 0; at < changes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const batch = changes.slice(at, at + size).map((change) => ({ change, message }));
    for (const { change, decision } of decideBatch(states, batch, { verifyBefore: 0, now: 1_900_000_000_000 })) {
      if (decision.outcome === "publish") events.push(decision.event);
      if ("next" in decision) states.set(userIdOf(change), decision.next);
    }
    at += size;
  }
  return { states, events };
}

const withoutSequence = (states: ReadonlyMap<string, State>) =>
  Object.fromEntries([...states].map(([id, state]) => [id, { ...state, sequence: 0 }]));

const eventsOf = (events: readonly UserEvent[]) => Map.groupBy(events, (event) => event.data.id);

/** What a consumer that applies the events knows of the user. */
function applied(events: readonly UserEvent[]): User | undefined {
  let known: User | undefined;
  for (const event of events) {
    if (event.eventType === "user.created") known = event.data;
    else if (event.eventType === "user.deleted") known = undefined;
    else if (known !== undefined) known = Object.assign({ ...known }, event.data.changes);
  }
  return known;
}

describe("deciding a history in any order, with any repeats and in batches of any size", () => {
  test("ends in the same states", () => {
    fc.assert(
      fc.property(withArrivals, ({ changes, arrivals, cuts }) => {
        const expected = run(changes, [changes.length + 1]).states;
        expect(withoutSequence(run(arrivals, cuts).states)).toEqual(withoutSequence(expected));
      }),
      { numRuns: 2_000 },
    );
  });

  test("publishes created, updated*, deleted? or only deleted for each user, and no event id twice", () => {
    fc.assert(
      fc.property(withArrivals, ({ arrivals, cuts }) => {
        const { events } = run(arrivals, cuts);
        for (const ofUser of eventsOf(events).values()) {
          const types = ofUser.map((event) => event.eventType.replace("user.", "")).join(" ");
          expect(types).toMatch(/^(created( updated)*( deleted)?|deleted)$/);
        }
        expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
        for (const event of events) userEventSchema.parse(event);
      }),
      { numRuns: 2_000 },
    );
  });

  test("publishes events that add up to the state, whose sequence is their number", () => {
    fc.assert(
      fc.property(withArrivals, ({ arrivals, cuts }) => {
        const { events, states } = run(arrivals, cuts);
        const byUser = eventsOf(events);
        for (const [userId, state] of states) {
          const ofUser = byUser.get(userId) ?? [];
          expect(applied(ofUser)).toEqual(state.status === "present" ? state.user : undefined);
          expect(state.sequence).toBe(ofUser.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("publishes nothing when the history is repeated", () => {
    fc.assert(
      fc.property(withArrivals, ({ changes, arrivals, cuts }) => {
        expect(run([...arrivals, ...changes], [...cuts]).events.length).toBe(run(arrivals, cuts).events.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a deletion that stands before other changes of its user in a batch", () => {
  const ada: User = {
    id: "user_a",
    firstName: "Ada",
    lastName: "L",
    username: "",
    emailAddress: ["a@x.com"],
    role: "user",
  };
  const created: Change = {
    kind: "snapshot",
    source: "webhook",
    isCreateEvent: true,
    user: ada,
    createdAt: 1_000,
    version: 1_000,
    readAt: 0,
    isPartial: false,
  };
  const renamed: Change = { ...created, isCreateEvent: false, user: { ...ada, firstName: "Eve" }, version: 2_000 };
  const deleted: Change = { kind: "deletion", source: "webhook", userId: "user_a", deletedAt: 3_000 };

  test("is decided after them, so every change gets its event and the deletion names the last email addresses", () => {
    const { events } = run([deleted, renamed, created], [3]);
    expect(events.map(({ eventType }) => eventType)).toEqual(["user.created", "user.updated", "user.deleted"]);
    expect(events.at(-1)?.data).toEqual({ id: "user_a", emailAddress: ["a@x.com"] });
  });

  test("is never published alone, whatever the order of the batch", () => {
    fc.assert(
      fc.property(withArrivals, ({ arrivals }) => {
        const { events } = run(arrivals, [arrivals.length + 1]);
        for (const [userId, ofUser] of eventsOf(events)) {
          const isCreated = arrivals.some((change) => change.kind === "snapshot" && change.user.id === userId);
          expect(ofUser[0]?.eventType === "user.created").toBe(isCreated);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
