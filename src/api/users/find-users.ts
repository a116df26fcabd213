import type { UserJson } from "../../clerk/payloads/user-json.ts";
import { type CollectOptions, collectUsers } from "../../clerk/users/collect-users.ts";
import { countUsers, listUsers, type UserFilter, type UserListReader } from "../../clerk/users/list-users.ts";
import { ApiError } from "../../http/api-error.ts";
import type { UserPage } from "./user-cache.ts";
import { apiUserFromJson } from "./user-schemas.ts";
import { clerkOrderOf, newestFirst, sortUsers, type UserSort } from "./user-sort.ts";

type Reader = UserListReader;

/** A slice of a sorted list. */
export interface Slice {
  readonly sort: UserSort;
  readonly offset: number;
  readonly limit: number;
}

const clerkPageSize = 500;

/**
 * Lists all users. Makes one call if the first page contains all users, otherwise one for the page and one for the count;
 * for a page behind the end, only the count.
 */
export async function browseUsers(clerk: Reader, { offset, limit, sort }: Slice): Promise<UserPage> {
  const known = offset === 0 ? undefined : await countUsers(clerk, {});
  if (known !== undefined && known <= offset) return { users: [], totalCount: known };
  const { users, ids } = await listUsers(clerk, { offset, limit, orderBy: clerkOrderOf(sort) });
  const totalCount = ids.length < limit ? offset + ids.length : (known ?? (await countUsers(clerk, {})));
  return { users: users.map(apiUserFromJson), totalCount: Math.max(totalCount, offset + ids.length) };
}

/**
 * Lists the users who have `search` in an email address or a name, compared without case. Clerk's own search covers more
 * fields (ids, usernames, phone numbers, wallets), so this queries both fields separately. Makes two calls if each query
 * finds fewer than a hundred users; otherwise three more for the counts, and more pages up to the end of the slice, or of all
 * matches when they are not sorted newest first. Throws 400 if that exceeds `maxCalls` for one query.
 */
export async function searchUsers(
  clerk: Reader,
  search: string,
  { offset, limit, sort }: Slice,
  maxCalls: number,
): Promise<UserPage> {
  // Only the newest users can be read first. In any other order, all matches must be read.
  const enough = sort === newestFirst ? offset + limit : Number.POSITIVE_INFINITY;
  const { users, complete } = await sweepBoth(clerk, search, {
    pageSize: Math.min(clerkPageSize, Math.max(100, offset + limit)),
    isEnough: (_, collected) => collected >= enough,
    maxPages: maxCalls,
  });
  if (!complete && users.length < enough) throw listTooLarge();
  return {
    users: sortUsers(users.map(apiUserFromJson), sort).slice(offset, offset + limit),
    totalCount: complete ? users.length : await countEither(clerk, search),
  };
}

/** Matches that Clerk returns in one call for each field. */
const fewMatches = 100;

/**
 * The users who have `search` in an email address or a name, in two calls. `totalCount` is larger than the number of users when there are
 * more than a hundred matches by address or by name; the others are then missing.
 */
export async function findFew(clerk: Reader, search: string): Promise<UserPage> {
  const sweep = { pageSize: fewMatches, isEnough: () => true, maxPages: 1 };
  const { users, complete } = await sweepBoth(clerk, search, sweep);
  return { users: users.map(apiUserFromJson), totalCount: users.length + Number(!complete) };
}

/**
 * Lists all users with a role, among those that `search` finds if given. Clerk does not know roles, so this reads all
 * users, 500 per call. Throws 400 if that exceeds `maxCalls`.
 */
export async function findByRole(
  clerk: Reader,
  role: string,
  search: string | undefined,
  maxCalls: number,
): Promise<UserPage> {
  const sweep = { pageSize: clerkPageSize, isEnough: () => false, maxPages: maxCalls };
  const swept = search === undefined ? await collectUsers(clerk, {}, sweep) : await sweepBoth(clerk, search, sweep);
  if (!swept.complete) throw listTooLarge();
  const users = swept.users.map(apiUserFromJson).filter((user) => user.role === role);
  return { users, totalCount: users.length };
}

const listTooLarge = () => new ApiError(400, "list_too_large", "Too many users to search; narrow the search");

const filtersFor = (search: string) =>
  [{ emailAddressQuery: search }, { nameQuery: search }] as const satisfies UserFilter[];

/** Newest first. Up to the number for which `isEnough` stopped, the users are complete, because both lists have been read that far. */
async function sweepBoth(clerk: Reader, search: string, sweep: CollectOptions) {
  const swept = await Promise.all(filtersFor(search).map((filter) => collectUsers(clerk, filter, sweep)));
  const users = new Map<string, UserJson>(swept.flatMap((part) => part.users.map((user) => [user.id, user])));
  return {
    users: [...users.values()].toSorted((a, b) => b.created_at - a.created_at),
    complete: swept.every(({ complete }) => complete),
  };
}

/** Counts the matches by address plus the matches by name, minus the matches by both. */
async function countEither(clerk: Reader, search: string): Promise<number> {
  const [byEmail, byName] = filtersFor(search);
  const [emails, names, both] = await Promise.all([
    countUsers(clerk, byEmail),
    countUsers(clerk, byName),
    countUsers(clerk, { ...byEmail, ...byName }),
  ]);
  return emails + names - both;
}
