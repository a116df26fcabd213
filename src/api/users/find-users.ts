import type { UserPage } from "./user-cache.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { countUsers, listUsers, type UserFilter } from "../../clerk/users/list-users.ts";
import { type Sweep, collectUsers } from "../../clerk/users/list-users.ts";
import type { UserJson } from "../../clerk/payloads/user-json.ts";
import { ApiError } from "../../http/api-error.ts";
import { type ApiUser, apiUserFromJson } from "./api-user.ts";

type Reader = Pick<ClerkApi, "read">;

/** A stretch of a list, newest first. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

const clerkPageSize = 500;

/**
 * Of all users. One call when the first page holds them all; otherwise one for the page and one for the count, and only the
 * latter for a page behind the end.
 */
export async function browseUsers(clerk: Reader, { offset, limit }: Slice): Promise<UserPage> {
  const known = offset === 0 ? undefined : await countUsers(clerk, {});
  if (known !== undefined && known <= offset) return { users: [], totalCount: known };
  const users = await listUsers(clerk, {}, { offset, limit });
  const totalCount = users.length < limit ? offset + users.length : (known ?? (await countUsers(clerk, {})));
  return { users: users.map(apiUserFromJson), totalCount: Math.max(totalCount, offset + users.length) };
}

/**
 * Of those who have `search` in an e-mail address or a name, without case. Clerk's own search looks in more (ids, usernames,
 * telephone numbers, wallets), so both fields are asked for by themselves. Two calls when each finds less than a hundred;
 * otherwise three more for the counts, and more pages only as far as the stretch reaches. Throws 400 when that is too far.
 */
export async function searchUsers(
  clerk: Reader,
  search: string,
  { offset, limit }: Slice,
  maxCalls: number,
): Promise<UserPage> {
  const enough = offset + limit;
  const { users, complete } = await sweepBoth(clerk, search, {
    pageSize: Math.min(clerkPageSize, Math.max(100, enough)),
    enough,
    maxPages: maxCalls,
  });
  if (!complete && users.length < enough) throw listTooLarge();
  return {
    users: users.slice(offset, enough).map(apiUserFromJson),
    totalCount: complete ? users.length : await countEither(clerk, search),
  };
}

/**
 * All with a role, of those whom `search` finds if there is one. Clerk does not know roles, so it is asked for everybody,
 * 500 a call. Throws 400 when that takes more calls than allowed.
 */
export async function findByRole(
  clerk: Reader,
  role: string,
  search: string | undefined,
  maxCalls: number,
): Promise<ApiUser[]> {
  const sweep = { pageSize: clerkPageSize, enough: Number.POSITIVE_INFINITY, maxPages: maxCalls };
  const swept = search === undefined ? await collectUsers(clerk, {}, sweep) : await sweepBoth(clerk, search, sweep);
  if (!swept.complete) throw listTooLarge();
  return swept.users.map(apiUserFromJson).filter((user) => user.role === role);
}

const listTooLarge = () => new ApiError(400, "list_too_large", "Too many users to look through; narrow the search");

const filtersFor = (search: string) =>
  [{ emailAddressQuery: search }, { nameQuery: search }] as const satisfies UserFilter[];

/** Newest first; as far as both lists have been read, nobody is missing among the first `enough`. */
async function sweepBoth(clerk: Reader, search: string, sweep: Sweep) {
  const swept = await Promise.all(filtersFor(search).map((filter) => collectUsers(clerk, filter, sweep)));
  const users = new Map<string, UserJson>(swept.flatMap((part) => part.users.map((user) => [user.id, user])));
  return {
    users: [...users.values()].toSorted((a, b) => b.created_at - a.created_at),
    complete: swept.every(({ complete }) => complete),
  };
}

/** Those of one field, and those of the other, less those of both. */
async function countEither(clerk: Reader, search: string): Promise<number> {
  const [byEmail, byName] = filtersFor(search);
  const [emails, names, both] = await Promise.all([
    countUsers(clerk, byEmail),
    countUsers(clerk, byName),
    countUsers(clerk, { ...byEmail, ...byName }),
  ]);
  return emails + names - both;
}
