import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeEvent } from "../../src/kafka/records/records.ts";
import { encodeState } from "../../src/kafka/records/records.ts";
import { splitWrites, type Write } from "./write-batch.ts";

const character = fc.constantFrom("a", "€", "\u0000", "😀");
const write = (at: number, userId: string, name: string, hasEvent: boolean): Write => {
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

/** Few users with long names: the events of one user alone may need several transactions. */
const writes = fc
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
      write(at, user, text.repeat(times / text.length), hasEvent),
    ),
  );

const bytesOf = (records: readonly { key: string; value: string | null; headers: object }[]) =>
  Buffer.byteLength(records.map(({ key, value, headers }) => `${key}${value}${JSON.stringify(headers)}`).join(""));

describe("splitting a batch into transactions", () => {
  test("each transaction is small enough for Kafka", () => {
    fc.assert(
      fc.property(writes, (list) => {
        for (const { events, states } of splitWrites(list)) {
          expect(bytesOf(events.map((event) => encodeEvent(event, "/source")))).toBeLessThan(1_000_000);
          expect(bytesOf(states.map(encodeState))).toBeLessThan(1_000_000);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("no event is lost or reordered, and each transaction contains the state after every user's last event in it", () => {
    fc.assert(
      fc.property(writes, (list) => {
        const parts = splitWrites(list);
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

  test("a batch of the usual size is one transaction, and a batch without writes is none", () => {
    const usual = Array.from({ length: 200 }, (_, at) => write(at, `user_${at}`, "Ada Lovelace", true));
    expect(splitWrites(usual)).toHaveLength(1);
    expect(splitWrites([])).toEqual([]);
  });

  test("a large batch of one user's changes is split as well", () => {
    const renamed = Array.from({ length: 500 }, (_, at) => write(at, "user_1", "€".repeat(1_000), true));
    const parts = splitWrites(renamed);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap(({ events }) => events)).toHaveLength(500);
  });
});
