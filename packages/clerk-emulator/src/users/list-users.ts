import type { Instance } from "../instance/instance.ts";
import { presentUser, type StoredUser } from "../instance/user-directory.ts";
import type { ClerkUser } from "../resources/user.ts";
import { type ApiErrorItem, rejectForm } from "../errors/clerk-api-error.ts";
import { paramNotAllowedWhen, paramNotAllowedWith, resourceMissing } from "../errors/form-errors.ts";
import { type Page, type QueryValues, readPage } from "../instance/parse-params.ts";
import { readUserFilter } from "./user-filter.ts";
import { compareUsers, readUserOrder, type UserOrder } from "./user-order.ts";

/** The user as Clerk returns it now. */
export function getUser(instance: Instance, userId: string): ClerkUser {
  return presentUser(instance.users.require(userId), instance.now());
}

/**
 * One page of the users that pass the filter. In the default order, by creation time, the page is read from its position,
 * so that every cursor (`starting_after`) costs the same. Other orders sort all users.
 */
export function listUsers(instance: Instance, query: QueryValues): ClerkUser[] {
  const page = readPage(query);
  const order = readUserOrder(query);
  const passes = readUserFilter(query);
  const cursor = readCursor(instance, query, page, order);
  const now = instance.now();
  const users =
    order.field === "created_at"
      ? instance.users.inCreationOrder(order.direction, cursor)
      : sortUsers(instance.users.all(), order);
  return [...takePage(users, passes, page)].map((user) => presentUser(user, now));
}

function readCursor(instance: Instance, query: QueryValues, page: Page, order: UserOrder): StoredUser | undefined {
  const cursor = query["starting_after"]?.[0];
  if (cursor === undefined || cursor === "") return undefined;
  const user = instance.users.get(cursor);
  rejectForm(checkCursor(user, page, order));
  return user;
}

function checkCursor(user: StoredUser | undefined, page: Page, order: UserOrder): ApiErrorItem[] {
  if (page.offset > 0) return [paramNotAllowedWith("starting_after", "offset")];
  if (order.field !== "created_at") return [paramNotAllowedWhen("starting_after", "order_by", order.field)];
  return user === undefined ? [resourceMissing("starting_after")] : [];
}

function sortUsers(users: Iterable<StoredUser>, order: UserOrder): StoredUser[] {
  const compare = compareUsers(order);
  return [...users].toSorted((left, right) => compare(left.snapshot, right.snapshot));
}

function* takePage(
  users: Iterable<StoredUser>,
  passes: (user: ClerkUser) => boolean,
  { offset, limit }: Page,
): Generator<StoredUser> {
  let seen = 0;
  for (const user of users) {
    if (!passes(user.snapshot)) continue;
    seen += 1;
    if (seen > offset) yield user;
    if (seen === offset + limit) return;
  }
}

/** The number of users that pass the filter of `listUsers`. */
export function countUsers(instance: Instance, query: QueryValues): { object: "total_count"; total_count: number } {
  if (Object.keys(query).length === 0) return { object: "total_count", total_count: instance.users.size };
  const passes = readUserFilter(query);
  let count = 0;
  for (const { snapshot } of instance.users.all()) if (passes(snapshot)) count += 1;
  return { object: "total_count", total_count: count };
}
