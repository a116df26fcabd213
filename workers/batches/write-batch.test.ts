import type { UserEvent } from "@clerk-kafka-bridge/events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChangeSource } from "../../src/domain/change.ts";
import type { Decided } from "../../src/domain/decide-batch.ts";
import type { Decision } from "../../src/domain/decide.ts";
import type { State } from "../../src/domain/state.ts";
import { digestOfState, encodeEvent, encodeState } from "../../src/kafka/records/records.ts";
import { openShardInMemory } from "../../test/support/workers/shard-in-memory.ts";
import { splitWrites, writeBatch, writesOf, type Write } from "./write-batch.ts";

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

describe("writing a batch", () => {
  /** More than one transaction can hold. */
  const large = Array.from({ length: 300 }, (_, at) => write(at, `user_${at}`, "€".repeat(1_000), true));
  const one = [write(1, "user_1", "Ada", true)];

  test("applies every committed part at its offsets, and the next part only after the ledger has the part before", async () => {
    const applied: { offset: bigint; last: string; users: string[] }[] = [];
    let offset = 11n;
    const { context, owned, calls } = openShardInMemory({
      publisher: {
        publish: async ({ states }) => {
          calls.push("publish");
          const first = offset;
          offset += BigInt(states.length) + 1n;
          return first;
        },
      },
      ledger: {
        apply: async (claimed, { offset: next, last, states }) => {
          calls.push("apply");
          expect(states[0]?.offset).toBeGreaterThanOrEqual(claimed.offset);
          applied.push({ offset: next, last, users: states.map(({ userId }) => userId) });
          return { outcome: "applied" };
        },
      },
    });
    const written = await writeBatch(context, owned, large);
    expect(written.outcome === "written" && (await written.applied)).toEqual({ outcome: "applied" });
    expect(applied.length).toBeGreaterThan(1);
    expect(calls).toEqual(applied.flatMap(() => ["publish", "apply"]));
    expect(applied.flatMap(({ users }) => users)).toEqual(large.map(({ userId }) => userId));
    expect(applied.at(-1)?.last).toBe(digestOfState(large.at(-1) ?? write(0, "", "", false)));
    expect(owned.claimed.offset).toBe(applied.at(-1)?.offset);
  });

  test("ends when the ledger refuses a part, and commits no further one", async () => {
    const { context, owned, calls } = openShardInMemory({
      ledger: { apply: async () => ({ outcome: "superseded" }) },
    });
    expect(await writeBatch(context, owned, large)).toEqual({ outcome: "superseded" });
    expect(calls).toEqual(["publish"]);
  });

  test("counts the ledger as lost when Kafka gives an offset below the checkpoint, and applies nothing", async () => {
    const { context, owned, calls } = openShardInMemory({ publisher: { publish: async () => 10n } });
    const written = await writeBatch(context, owned, one);
    expect(written.outcome === "written" && (await written.applied)).toEqual({ outcome: "lost" });
    expect(calls).toEqual([]);
    expect(owned.claimed.offset).toBe(11n);
  });

  test("commits nothing for a batch without writes", async () => {
    const { context, owned, calls } = openShardInMemory();
    const written = await writeBatch(context, owned, []);
    expect(written).toMatchObject({ outcome: "written", transactionMs: 0 });
    expect(calls).toEqual([]);
  });
});

test("only a webhook's event names the message that caused it, and a decision without a next state writes nothing", () => {
  const next: State = { status: "deleted", sequence: 2 };
  const event: UserEvent = {
    eventId: "6d1f7a9e-58c2-5b3e-9c11-0d3b8f1f7c11",
    eventType: "user.deleted",
    timestamp: "2026-01-01T00:00:00.000Z",
    data: { id: "user_1", emailAddress: [] },
  };
  const decided = (source: ChangeSource, decision: Decision): Decided => ({
    change: { kind: "deletion", source, userId: "user_1", deletedAt: 1 },
    message: { id: "msg_1", source, type: "user.deleted", receivedAt: 1, readAt: 0, traceparent: "00-1", data: {} },
    decision,
  });
  const published: Decision = { outcome: "publish", event, origin: "webhook", next };
  expect(
    writesOf([
      decided("webhook", published),
      decided("api", published),
      decided("webhook", { outcome: "unchanged", next }),
      decided("webhook", { outcome: "duplicate" }),
    ]),
  ).toEqual([
    {
      userId: "user_1",
      state: next,
      event: { event, origin: "webhook", sequence: 2, svixId: "msg_1", traceparent: "00-1" },
    },
    {
      userId: "user_1",
      state: next,
      event: { event, origin: "webhook", sequence: 2, svixId: undefined, traceparent: "00-1" },
    },
    { userId: "user_1", state: next, event: undefined },
  ]);
});
