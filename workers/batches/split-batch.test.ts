import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeEvent } from "../../src/kafka/records/encode-event.ts";
import { encodeState } from "../../src/kafka/records/encode-state.ts";
import { type Move, splitBatch } from "./split-batch.ts";

const character = fc.constantFrom("a", "€", "\u0000", "😀");
const move = (at: number, userId: string, name: string, hasEvent: boolean): Move => {
  const user = { id: userId, firstName: name, lastName: "", username: "", emailAddress: [], role: "user" };
  return {
    userId,
    state: { status: "present", user, createdAt: 1, version: at, readAt: 0, sequence: 1 },
    event: hasEvent
      ? {
          event: {
            eventId: "6d1f7a9e-58c2-5b3e-9c11-0d3b8f1f7c11",
            eventType: "user.created",
            timestamp: "2026-01-01T00:00:00.000Z",
            data: user,
          },
          origin: "webhook",
          sequence: at,
          svixId: "msg_1",
          traceparent: undefined,
        }
      : undefined,
  };
};

/** Few users and long names: the events of one user alone may need several parts. */
const moves = fc
  .array(
    fc.record({
      user: fc.constantFrom("user_a", "user_b", "user_c"),
      name: fc.tuple(character, fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 75_000 }))),
      hasEvent: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((list) =>
    list.map(({ user, name: [text, times], hasEvent }, at) =>
      move(at, user, text.repeat(times / text.length), hasEvent),
    ),
  );

const bytesOf = (records: readonly { key: string; value: string | null; headers: object }[]) =>
  Buffer.byteLength(records.map(({ key, value, headers }) => `${key}${value}${JSON.stringify(headers)}`).join(""));

describe("A batch is split", () => {
  test("so that Kafka takes each part", () => {
    fc.assert(
      fc.property(moves, (list) => {
        for (const { events, states } of splitBatch(list)) {
          expect(bytesOf(events.map((event) => encodeEvent(event, "/source")))).toBeLessThan(1_000_000);
          expect(bytesOf(states.map(encodeState))).toBeLessThan(1_000_000);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("in order, losing no event, and each part leaves every user at the state of its last move so far", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const parts = splitBatch(list);
        expect(parts.flatMap(({ events }) => events)).toEqual(list.flatMap(({ event }) => event ?? []));
        const written = new Map(parts.flatMap(({ states }) => states.map(({ userId, state }) => [userId, state])));
        expect(written).toEqual(new Map(list.map(({ userId, state }) => [userId, state])));
        for (const { events, states } of parts) {
          const last = new Map(events.map(({ event, sequence }) => [event.data.id, sequence]));
          for (const [userId, sequence] of last) {
            const state = states.find((record) => record.userId === userId)?.state;
            expect(state?.status === "present" && state.version).toBeGreaterThanOrEqual(sequence);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("into one part, when it is of usual size, and into none, when it moves nothing", () => {
    const usual = Array.from({ length: 200 }, (_, at) => move(at, `user_${at}`, "Ada Lovelace", true));
    expect(splitBatch(usual)).toHaveLength(1);
    expect(splitBatch([])).toEqual([]);
  });

  test("even if all of it is one user's", () => {
    const renamed = Array.from({ length: 500 }, (_, at) => move(at, "user_1", "€".repeat(1_000), true));
    const parts = splitBatch(renamed);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap(({ events }) => events)).toHaveLength(500);
  });
});
