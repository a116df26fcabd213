import { z } from "@hono/zod-openapi";
import type { UserOrder } from "../../clerk/users/list-users.ts";
import type { ApiUser } from "./user-schemas.ts";

const keys = ["createdAt", "updatedAt", "name", "email"] as const;
type SortKey = (typeof keys)[number];

/** The order of a list; `-` for descending. */
export const sortSchema = z
  .enum([...keys, ...keys.map((key) => `-${key}` as const)])
  .default("-createdAt")
  .openapi({
    description: "`-` for descending. `name` is the first name, then the last name; `email` the primary address",
  });
export type UserSort = z.infer<typeof sortSchema>;

export const newestFirst: UserSort = "-createdAt";
export const oldestFirst: UserSort = "createdAt";

const clerkFields = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  name: "first_name",
  email: "email_address",
} as const satisfies Record<SortKey, string>;

const isKey = (text: string): text is SortKey => text in clerkFields;
const keyOf = (sort: UserSort): SortKey => {
  const key = sort.replace(/^-/, "");
  return isKey(key) ? key : "createdAt";
};

/** The same order in Clerk's spelling. Clerk compares texts in its own way, and only first names. */
export const clerkOrderOf = (sort: UserSort): UserOrder =>
  `${sort.startsWith("-") ? "-" : "+"}${clerkFields[keyOf(sort)]}`;

const valueOf: Readonly<Record<SortKey, (user: ApiUser) => string>> = {
  createdAt: (user) => user.createdAt,
  updatedAt: (user) => user.updatedAt,
  name: ({ firstName, lastName }) => `${firstName}\u0000${lastName}`.toLowerCase(),
  email: ({ emailAddress }) => (emailAddress[0] ?? "").toLowerCase(),
};

/** The value of a user by which an order compares users, and the order of two such values. */
export function sortValueOf(sort: UserSort): {
  readonly value: (user: ApiUser) => string;
  readonly compare: (a: string, b: string) => number;
} {
  const direction = sort.startsWith("-") ? -1 : 1;
  return { value: valueOf[keyOf(sort)], compare: (a, b) => direction * (a < b ? -1 : Number(a > b)) };
}

/** Sorts users that are all in memory, by id where the order leaves it open. Pure. */
export function sortUsers(users: readonly ApiUser[], sort: UserSort): ApiUser[] {
  const { value, compare } = sortValueOf(sort);
  return users.toSorted((a, b) => compare(value(a), value(b)) || compare(a.id, b.id));
}
