import { z } from "@hono/zod-openapi";
import type { UserOrder as ClerkOrder } from "../../clerk/users/list-users.ts";
import { compareTexts, emailKeyOf, nameKeyOf, type UserOrder, userOrders } from "../../ledger/user-order.ts";
import type { ApiUser } from "./user-schemas.ts";

/** The order of a list; `-` for descending. */
export const sortSchema = z
  .enum([...userOrders, ...userOrders.map((order) => `-${order}` as const)])
  .default("-createdAt")
  .openapi({
    description:
      "`-` for descending. `name` is the first name, then the last name; `email` the primary address. Lists by role compare both without case and accents; Clerk sorts lists without a role or a search, by the first name only",
  });
export type UserSort = z.infer<typeof sortSchema>;

export const newestFirst: UserSort = "-createdAt";

const clerkFields = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  name: "first_name",
  email: "email_address",
} as const satisfies Record<UserOrder, string>;

const isOrder = (text: string): text is UserOrder => text in clerkFields;

/** The order of a list, and whether it is the other way round. */
export function parseSort(sort: UserSort): { readonly order: UserOrder; readonly descending: boolean } {
  const order = sort.replace(/^-/, "");
  return { order: isOrder(order) ? order : "createdAt", descending: sort.startsWith("-") };
}

/** The same order in Clerk's spelling. Clerk compares texts in its own way, and only first names. */
export function clerkOrderOf(sort: UserSort): ClerkOrder {
  const { order, descending } = parseSort(sort);
  return `${descending ? "-" : "+"}${clerkFields[order]}`;
}

const keyOf: Readonly<Record<UserOrder, (user: ApiUser) => string>> = {
  createdAt: (user) => user.createdAt,
  updatedAt: (user) => user.updatedAt,
  name: nameKeyOf,
  email: emailKeyOf,
};

/** What is kept of a user to sort it. */
export interface Sortable {
  readonly id: string;
  readonly key: string;
}

/** What a sort compares of a user, and the comparison: by id where the keys are the same, as in the index. */
export function comparisonOf(sort: UserSort): {
  readonly toSortable: (user: ApiUser) => Sortable;
  readonly compare: (a: Sortable, b: Sortable) => number;
} {
  const { order, descending } = parseSort(sort);
  const direction = descending ? -1 : 1;
  return {
    toSortable: (user) => ({ id: user.id, key: keyOf[order](user) }),
    compare: (a, b) => direction * (compareTexts(a.key, b.key) || compareTexts(a.id, b.id)),
  };
}

/** Sorts users that are all in memory. Pure. */
export function sortUsers(users: readonly ApiUser[], sort: UserSort): ApiUser[] {
  const { toSortable, compare } = comparisonOf(sort);
  return users
    .map((user) => ({ ...toSortable(user), user }))
    .toSorted(compare)
    .map(({ user }) => user);
}
