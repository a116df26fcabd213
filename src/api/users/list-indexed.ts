import { ClerkRequestError, isClerkOutage } from "../../clerk/client/clerk-errors.ts";
import type { IndexedUsers } from "../../ledger/user-index.ts";
import type { UserOrder } from "../../ledger/user-order.ts";
import type { ApiContext } from "./api-context.ts";
import { findFew } from "./find-users.ts";
import type { UserPage } from "./user-cache.ts";
import { type ApiUser, apiUserFromState } from "./user-schemas.ts";
import { comparisonOf, newestFirst, parseSort, type Sortable, sortUsers, type UserSort } from "./user-sort.ts";

export interface ListQuery {
  readonly page: number;
  readonly limit: number;
  /** In lowercase. */
  readonly search: string | undefined;
  readonly role: string | undefined;
  readonly sort: UserSort;
}

/** Users behind this position of a search are not worth reading from Clerk: its search can only be read from the beginning. */
const maxSearchedInClerk = 500;

/**
 * Lists users from the published states. Undefined for a list that Clerk itself can page through, and while the states are incomplete:
 * before the first backfill or full sweep, while a ledger is rebuilt, and while Redis is unavailable.
 *
 * Clerk has an index for searches, so it is asked first for a search within a role. Only a search with many matches looks at each state.
 */
export async function listIndexed(context: ApiContext, query: ListQuery): Promise<UserPage | undefined> {
  const { role, search, sort, page, limit } = query;
  const clerkCanPage =
    role === undefined && (search === undefined || (sort === newestFirst && page * limit <= maxSearchedInClerk));
  if (clerkCanPage) return undefined;
  try {
    const users = await openWhole(context, role, parseSort(sort).order);
    if (users === undefined) return undefined;
    const few = role !== undefined && search !== undefined ? await askClerk(context, search) : undefined;
    if (few !== undefined && few.totalCount === few.users.length) return pageOf(few.users, query);
    return await readPage(context, users, query);
  } catch (error) {
    if (error instanceof ClerkRequestError) throw error;
    context.log.warn({ event: "user_index.unavailable", err: error }, "The list is read from Clerk");
    return undefined;
  }
}

/** The users with a role, if the published states have every user of Clerk. Throws what Redis throws. */
export async function openWhole(
  { coverage, userIndex }: Pick<ApiContext, "coverage" | "userIndex">,
  role: string | undefined,
  order: UserOrder,
): Promise<IndexedUsers | undefined> {
  const [isFull, users] = await Promise.all([coverage.isFull(), userIndex.open(role, order)]);
  return isFull ? users : undefined;
}

/** Undefined while Clerk is unavailable. */
async function askClerk({ cache, clerk }: ApiContext, search: string): Promise<UserPage | undefined> {
  try {
    return await cache.page(JSON.stringify(["few", search]), () => findFew(clerk, search));
  } catch (error) {
    if (isClerkOutage(error)) return undefined;
    throw error;
  }
}

/** The page of a list that is all in memory. */
function pageOf(matches: readonly ApiUser[], { role, sort, page, limit }: ListQuery): UserPage {
  const users = matches.filter((user) => user.role === role);
  return { users: sortUsers(users, sort).slice((page - 1) * limit, page * limit), totalCount: users.length };
}

async function readPage({ cache }: ApiContext, users: IndexedUsers, query: ListQuery): Promise<UserPage> {
  const { page, limit, search, sort } = query;
  const offset = (page - 1) * limit;
  if (search === undefined) {
    const states = await users.page({ offset, limit, descending: parseSort(sort).descending });
    return { users: states.map(apiUserFromState), totalCount: users.count };
  }
  // No such list is outdated: its key changes with every change of a user.
  return cache.page(JSON.stringify(["indexed", query, users.version]), () =>
    scanUsers(users, { ...query, search }, offset),
  );
}

interface SearchQuery extends ListQuery {
  readonly search: string;
}

/** Looks at each user. Keeps little of each match, so that a long list fits into memory. */
async function scanUsers(users: IndexedUsers, query: SearchQuery, offset: number): Promise<UserPage> {
  const { search, sort, limit } = query;
  const { toSortable, compare } = comparisonOf(sort);
  const enough = offset + limit;
  let found: Sortable[] = [];
  let totalCount = 0;
  for await (const states of users.scan(longestWord(search))) {
    const matching = states.map(apiUserFromState).filter((user) => contains(user, search));
    totalCount += matching.length;
    for (const user of matching) found.push(toSortable(user));
    if (found.length > 2 * enough + keptAtLeast) found = found.toSorted(compare).slice(0, enough);
  }
  const ids = found.toSorted(compare).slice(offset, enough);
  const states = await users.read(ids.map(({ id }) => id));
  return { users: sortUsers(states.map(apiUserFromState), sort), totalCount };
}

/** A first name and a last name are two fields of a user, and the words of a search can be in both. */
const longestWord = (text: string): string =>
  text.split(" ").reduce((longest, word) => (word.length > longest.length ? word : longest), "");

const keptAtLeast = 1_000;

/** Whether the text, in lowercase, is part of an address or of the name. */
const contains = ({ emailAddress, firstName, lastName }: ApiUser, text: string): boolean =>
  [...emailAddress, `${firstName} ${lastName}`].some((field) => field.toLowerCase().includes(text));
