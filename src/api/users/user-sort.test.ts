import { expect, test } from "vitest";
import type { ApiUser } from "./user-schemas.ts";
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
