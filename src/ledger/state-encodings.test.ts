import { type User, userIdSchema } from "@clerk-kafka-bridge/events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { State } from "../domain/state.ts";
import {
  decodeState,
  digestOf,
  digestOfState,
  encodeBarrier,
  encodeMoved,
  encodeState,
  type EncodedRecord,
  type RawRecord,
} from "../kafka/records/records.ts";
import {
  decodeLedgerState,
  encodeLedgerState,
  encodePlaces,
  memberOf,
  placeOfMember,
  placesInLedger,
  placesOf,
  prefixOf,
  rangeOf,
  userIdOfMember,
} from "./ledger-entry.ts";
import { compareTexts, userOrders } from "./user-order.ts";

const userId = fc.stringMatching(/^user_[A-Za-z0-9]{1,27}$/);
const time = fc.integer({ min: 0, max: 253_402_300_799_999 });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const json = fc.json({ maxDepth: 3 }).map((encoded): unknown => JSON.parse(encoded));
const sequence = fc.integer({ min: 1, max: 1_000_000 });
const state: fc.Arbitrary<{ userId: string; state: State }> = userId.chain((id) =>
  fc.record({
    userId: fc.constant(id),
    state: fc.oneof(
      fc.record({ status: fc.constant("deleted" as const), sequence }),
      fc
        .record(
          {
            status: fc.constant("present" as const),
            sequence,
            createdAt: time,
            version: time,
            readAt: time,
            restoredAt: time,
            user: fc.record(
              {
                id: fc.constant(id),
                firstName: text,
                lastName: text,
                username: text,
                emailAddress: fc.array(text, { maxLength: 4 }),
                role: text,
                externalId: text,
                // What is read from Clerk never has this key, see optional-fields.test.ts.
                publicMetadata: fc.dictionary(
                  text.filter((name) => name !== "__proto__"),
                  json,
                ),
                banned: fc.boolean(),
                emailVerified: fc.array(text, { maxLength: 2 }),
                createdAt: fc.constant("the state's"),
              },
              { requiredKeys: ["id", "firstName", "lastName", "username", "emailAddress", "role"] },
            ),
          },
          { requiredKeys: ["status", "sequence", "createdAt", "version", "readAt", "user"] },
        )
        .map(withCreation),
    ),
  }),
);

/** The time of creation as a field of the user is the one of the state. */
function withCreation<Present extends { user: User; createdAt: number }>(present: Present): Present {
  const { user, createdAt } = present;
  if (user.createdAt !== undefined) user.createdAt = new Date(createdAt).toISOString();
  return present;
}

/** The record as Kafka returns it: text only. */
const rawOf = ({ key, value, headers }: EncodedRecord): RawRecord => ({
  key,
  value,
  header: (name) => headers[name]?.toString(),
});

describe("a state", () => {
  test("is decoded from the state topic as it was encoded", () => {
    fc.assert(
      fc.property(state, (record) => {
        expect(decodeState(rawOf(encodeState(record)))).toEqual({ kind: "state", ...record });
      }),
    );
  });

  test("is decoded from the ledger as it was encoded, with any offset", () => {
    fc.assert(
      fc.property(state, fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (record, offset) => {
        const value = `${offset}|${encodePlaces(placesOf(record.state))}|${encodeLedgerState(record.state)}`;
        expect(decodeLedgerState(value)).toEqual(record.state);
        expect(placesInLedger(value)).toEqual(placesOf(record.state));
      }),
    );
  });

  test("of a deleted user is a tombstone in the state topic", () => {
    const encoded = encodeState({ userId: "user_1", state: { status: "deleted", sequence: 3 } });
    expect(encoded).toEqual({ key: "user_1", value: null, headers: { ce_sequence: "3" } });
  });

  test("of a present user is the user with Clerk's times in the state topic", () => {
    const user = { id: "user_1", firstName: "A", lastName: "", username: "", emailAddress: [], role: "user" };
    const { value } = encodeState({
      userId: "user_1",
      state: { status: "present", user, createdAt: 0, version: 1_000, readAt: 7, sequence: 2 },
    });
    expect(JSON.parse(String(value))).toEqual({
      ...user,
      createdAt: "1970-01-01T00:00:00.000Z",
      updatedAt: "1970-01-01T00:00:01.000Z",
    });
  });
});

test("a barrier is decoded as a barrier, and its key is no user id", () => {
  expect(decodeState(rawOf(encodeBarrier("b-1")))).toEqual({ kind: "barrier", id: "b-1" });
  expect(userIdSchema.safeParse(encodeBarrier("b-1").key).success).toBe(false);
});

test("a tombstone of another writer is a deletion", () => {
  const foreign = { key: "user_1", value: null, header: () => undefined };
  expect(decodeState(foreign)).toEqual({ kind: "state", userId: "user_1", state: { status: "deleted", sequence: 0 } });
});

test.for(["", "nonsense", "{}", "null", '{"id":"user_1"}'])(
  "`%s` is rejected as a state, because skipping it would lose a user",
  (value) => {
    expect(() => decodeState({ key: "user_1", value, header: () => undefined })).toThrow(Error);
    expect(decodeLedgerState(`5||${value}`)).toBeUndefined();
  },
);

test.for(["", "{}", '{"status":"deleted","sequence":1}', '5|{"status":"deleted","sequence":1}'])(
  "`%s` without an offset and a place is no entry of the ledger",
  (value) => {
    expect(decodeLedgerState(value)).toBeUndefined();
  },
);

describe("the places of a user in the index", () => {
  const someText = fc.oneof(
    text,
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.constantFrom("|", "\n", ":", "\ud800"),
  );
  const presentState = fc.record({
    status: fc.constant("present" as const),
    sequence,
    createdAt: time,
    version: time,
    readAt: time,
    user: fc.record({
      id: userId,
      firstName: someText,
      lastName: someText,
      username: text,
      emailAddress: fc.array(someText, { maxLength: 2 }),
      role: someText,
    }),
  });
  const pair = fc.tuple(presentState, presentState);
  const membersOf = (of: State & { user: User }) => placesOf(of).map((place) => memberOf(place, of.user.id));
  const isWithin = (member: string, prefix: string) => {
    const [min, max] = rangeOf(prefix);
    return compareTexts(member, min.slice(1)) >= 0 && compareTexts(member, max.slice(1)) < 0;
  };

  test("are one in each order, in the range of the user's role and of no other role", () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(...userOrders), ([a, b], order) => {
        const count = (role: string | undefined) =>
          membersOf(a).filter((member) => isWithin(member, prefixOf(order, role))).length;
        const isSameRole = a.user.role.toWellFormed() === b.user.role.toWellFormed();
        expect([count(undefined), count(a.user.role), count(b.user.role)]).toEqual([1, 1, Number(isSameRole)]);
      }),
    );
  });

  test("begin with the prefix of the range in which Redis finds them", () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(...userOrders), ([a, b], order) => {
        for (const prefix of [prefixOf(order, b.user.role), prefixOf(order, undefined)]) {
          const members = membersOf(a);
          expect(members.filter((member) => member.startsWith(prefix))).toEqual(
            members.filter((member) => isWithin(member, prefix)),
          );
        }
      }),
    );
  });

  test("name the user", () => {
    fc.assert(
      fc.property(presentState, (of) => {
        expect(membersOf(of).map(userIdOfMember)).toEqual(userOrders.map(() => of.user.id));
        expect(membersOf(of).map(placeOfMember)).toEqual(placesOf(of));
      }),
    );
  });

  const person = (id: string, changes: { firstName?: string; lastName?: string; email?: string; at?: number }) => {
    const { firstName = "", lastName = "", email, at = 1 } = changes;
    const emailAddress = email === undefined ? [] : [email, "a@example.com"];
    const user = { id, firstName, lastName, username: "", emailAddress, role: "user" };
    return { status: "present", user, createdAt: at, version: 100 - at, readAt: 0, sequence: 1 } satisfies State;
  };

  test.for([
    ["createdAt", [{ at: 9 }, { at: 10 }, { at: 99 }]],
    ["updatedAt", [{ at: 99 }, { at: 90 }, { at: 9 }]],
    [
      "name",
      [
        {},
        { firstName: "ann", lastName: "Lee" },
        { firstName: "Ann", lastName: "Lee Smith" },
        { firstName: "ann", lastName: "Lee2" },
        { firstName: "Ann Lee" },
        { firstName: "Émile" },
        { firstName: "eve" },
        { firstName: "\u{fffd}" },
        { firstName: "\u{1f600}" },
      ],
    ],
    ["email", [{}, { email: "1@example.com" }, { email: "Ada@example.co" }, { email: "ada@example.co.uk" }]],
  ] as const)("are in the order by %s", ([order, people]) => {
    const members = people.map((changes, at) => {
      // The last one has the lowest id, which must not count.
      const id = `user_${9 - at}`;
      return memberOf(placesOf(person(id, changes))[userOrders.indexOf(order)] ?? "", id);
    });
    expect(members.toSorted(compareTexts)).toEqual(members);
  });
});

describe("the digest of a record", () => {
  test("is the same for the state that is written and the record that is read", () => {
    fc.assert(
      fc.property(state, (record) => {
        expect(digestOf(rawOf(encodeState(record)))).toBe(digestOfState(record));
      }),
    );
  });

  test("differs for another user, state, sequence number, time of reading and barrier", () => {
    const user = { id: "user_1", firstName: "A", lastName: "", username: "", emailAddress: [], role: "user" };
    const present = { status: "present", user, createdAt: 0, version: 1_000, readAt: 7, sequence: 2 } as const;
    const digests = [
      ...[
        { userId: "user_1", state: present },
        { userId: "user_2", state: present },
        { userId: "user_1", state: { ...present, user: { ...user, firstName: "B" } } },
        { userId: "user_1", state: { ...present, version: 2_000 } },
        { userId: "user_1", state: { ...present, sequence: 3 } },
        { userId: "user_1", state: { ...present, readAt: 8 } },
        { userId: "user_1", state: { status: "deleted", sequence: 2 } as const },
      ].map(digestOfState),
      ...[encodeBarrier("a"), encodeBarrier("b"), encodeMoved("user_1", 1), encodeMoved("user_1", 2)].map((record) =>
        digestOf(rawOf(record)),
      ),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
