import fc from "fast-check";
import { expect, test } from "vitest";
import { memberOf, placesOf, prefixOf, userIdOfMember } from "../../ledger/ledger-entry.ts";
import { compareTexts, userOrders } from "../../ledger/user-order.ts";
import { type ApiUser, apiUserFromState } from "./user-schemas.ts";
import { clerkOrderOf, sortUsers, type UserSort } from "./user-sort.ts";

const user = (id: string, firstName: string, lastName: string, email: string, day: number): ApiUser => ({
  id,
  firstName,
  lastName,
  username: "",
  emailAddress: [email, "a@example.com"],
  role: "user",
  createdAt: `2026-01-0${day}T00:00:00.000Z`,
  updatedAt: `2026-02-0${9 - day}T00:00:00.000Z`,
});
const users = [
  user("1", "ada", "Lovelace", "z@example.com", 2),
  user("2", "Ada", "Byron", "C@example.com", 3),
  user("3", "Grace", "Hopper", "b@example.com", 1),
];

test.for<[sort: UserSort, ids: string, order: string]>([
  ["createdAt", "312", "+created_at"],
  ["-createdAt", "213", "-created_at"],
  ["updatedAt", "213", "+updated_at"],
  ["-updatedAt", "312", "-updated_at"],
  ["name", "213", "+first_name"],
  ["-name", "312", "-first_name"],
  ["email", "321", "+email_address"],
  ["-email", "123", "-email_address"],
])("users are sorted by %s, in memory as in Clerk", ([sort, ids, order]) => {
  expect(
    sortUsers(users, sort)
      .map(({ id }) => id)
      .join(""),
  ).toBe(ids);
  expect(clerkOrderOf(sort)).toBe(order);
});

test.for<[sort: UserSort, ids: string]>([
  ["name", "123"],
  ["-name", "321"],
])("users with the same name are sorted by id, as in the index: %s", ([sort, ids]) => {
  const same = ["2", "3", "1"].map((id) => user(id, "Ada", "Lovelace", "a@example.com", 1));
  expect(
    sortUsers(same, sort)
      .map(({ id }) => id)
      .join(""),
  ).toBe(ids);
});

/** Few characters, so that one text is often the beginning of another: around the separators, and at both ends of UTF-16. */
const text = fc.string({
  unit: fc.constantFrom("a", "A", "é", " ", "1", ":", "|", "\t", "\u0000", "\u007f", "\ufffd", "\u{1f600}", "\ud800"),
  maxLength: 4,
});
const time = fc.integer({ min: 0, max: 3 });
const states = fc.uniqueArray(
  fc.record({
    status: fc.constant("present" as const),
    sequence: fc.constant(1),
    createdAt: time,
    version: time,
    readAt: fc.constant(0),
    user: fc.record({
      id: fc.stringMatching(/^user_[a-zA-Z0-9]{1,3}$/),
      firstName: text,
      lastName: text,
      username: fc.constant(""),
      emailAddress: fc.array(text, { maxLength: 2 }),
      role: fc.constant("user"),
    }),
  }),
  { selector: ({ user: { id } }) => id, maxLength: 8 },
);

test("users are in the same order in memory as in the index, for any text", () => {
  fc.assert(
    fc.property(states, fc.constantFrom(...userOrders), (all, order) => {
      const members = all.flatMap((state) => placesOf(state).map((place) => memberOf(place, state.user.id)));
      const inIndex = members.filter((member) => member.startsWith(prefixOf(order, "user"))).toSorted(compareTexts);
      const inMemory = sortUsers(all.map(apiUserFromState), order);
      expect(inIndex.map(userIdOfMember)).toEqual(inMemory.map(({ id }) => id));
    }),
    { numRuns: 1_000 },
  );
});
