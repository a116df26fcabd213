import fc from "fast-check";
import { expect, test } from "vitest";
import type { State } from "../../src/events/state.ts";
import type { EventRecord } from "../../src/kafka/records.ts";
import { encodeEvent } from "../../src/kafka/encode-event.ts";
import { encodeState } from "../../src/kafka/encode-state.ts";
import { splitBatch } from "../../workers/split-batch.ts";

interface Moved {
  readonly id: string;
  readonly events: number;
  readonly nameLength: number;
}

const moved: fc.Arbitrary<Moved[]> = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 999 }).map((at) => `user_${at}`),
    events: fc.integer({ min: 0, max: 3 }),
    nameLength: fc.oneof(fc.constant(3), fc.integer({ min: 0, max: 20_000 })),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
);

const userOf = ({ id, nameLength }: Moved) => ({
  id,
  firstName: "€".repeat(nameLength),
  lastName: "",
  username: "",
  emailAddress: [],
  role: "user",
});

const stateOf = (user: Moved): State => ({
  status: "present",
  user: userOf(user),
  createdAt: 1,
  version: 1,
  readAt: 0,
  sequence: 1,
});

const eventsOf = (user: Moved): EventRecord[] =>
  Array.from({ length: user.events }, (_, at) => ({
    event: {
      eventId: "6d1f7a9e-58c2-5b3e-9c11-0d3b8f1f7c11",
      eventType: "user.created",
      timestamp: "2026-01-01T00:00:00.000Z",
      data: userOf(user),
    },
    origin: "webhook",
    sequence: at + 1,
    svixId: "msg_1",
    traceparent: undefined,
  }));

test("A batch is split so that nothing is lost, users stay whole and in order, and Kafka takes each part", () => {
  fc.assert(
    fc.property(moved, (users) => {
      const events = users.flatMap(eventsOf);
      const parts = splitBatch(events, new Map(users.map((user) => [user.id, stateOf(user)])));
      expect(parts.flatMap((part) => part.states.map(({ userId }) => userId))).toEqual(users.map(({ id }) => id));
      for (const part of parts) {
        const inPart = new Set(part.states.map(({ userId }) => userId));
        expect(part.events).toEqual(events.filter(({ event }) => inPart.has(event.data.id)));
        expect(
          Math.max(
            bytesOf(part.events.map((event) => encodeEvent(event, "/source"))),
            bytesOf(part.states.map(encodeState)),
          ),
        ).toBeLessThan(1_000_000);
      }
    }),
    { numRuns: 30 },
  );
});

test("A batch of usual size is one part, and one that moves nothing none", () => {
  const users = Array.from({ length: 200 }, (_, at) => ({ id: `user_${at}`, events: 1, nameLength: 10 }));
  expect(splitBatch(users.flatMap(eventsOf), new Map(users.map((user) => [user.id, stateOf(user)])))).toHaveLength(1);
  expect(splitBatch([], new Map())).toEqual([]);
});

const bytesOf = (records: readonly { key: string; value: string | null; headers: object }[]) =>
  Buffer.byteLength(records.map(({ key, value, headers }) => `${key}${value}${JSON.stringify(headers)}`).join());
