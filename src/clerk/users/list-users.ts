import type { User } from "@clerk/backend";
import type { ClerkApi } from "../client/clerk-api.ts";
import { parseUserJson, unreadableResponse } from "./parse-user-json.ts";
import type { UserJson } from "../payloads/user-json.ts";
import { ClerkRequestError } from "../client/clerk-errors.ts";

/** Users for which all given conditions hold. Partial matches ignore case. */
export interface UserFilter {
  /** Has one of these email addresses, at most 100. */
  readonly emailAddress?: readonly string[];
  /** Part of an email address. */
  readonly emailAddressQuery?: string;
  /** Part of the first or last name. */
  readonly nameQuery?: string;
}

export interface UserRange {
  /** At most 500. Clerk replaces a larger limit by 10. */
  readonly limit: number;
  /** A large offset is slow. */
  readonly offset?: number;
  /** Only users after this one, at the same cost at any place in the list. Not with `offset`. */
  readonly startingAfter?: string;
}

/** Lists users, newest first, in one request. The SDK's own list requests a count with every page and has no cursor and no names. */
export function listUsers(clerk: Pick<ClerkApi, "read">, filter: UserFilter, range: UserRange): Promise<UserJson[]> {
  return clerk.read("users.list", async ({ users }) => {
    const found = await users["request"]<User[]>({
      method: "GET",
      path: "/users",
      queryParams: { ...filter, ...range, orderBy: "-created_at" },
    });
    // The SDK returns a body that is no JSON as text.
    if (!Array.isArray(found)) throw unreadableResponse();
    return found.map(({ raw }) => parseUserJson(raw));
  });
}

/** Counts users in one request. */
export function countUsers(clerk: Pick<ClerkApi, "read">, filter: UserFilter): Promise<number> {
  return clerk.read("users.count", async ({ users }) => {
    const count = await users["request"]<number>({
      method: "GET",
      path: "/users/count",
      queryParams: { ...filter },
    });
    if (typeof count !== "number") throw unreadableResponse();
    return count;
  });
}

export interface CollectOptions {
  readonly pageSize: number;
  /** Reading stops once there are this many users. */
  readonly enough: number;
  /** Maximum number of requests. */
  readonly maxPages: number;
}

export interface CollectedUsers {
  /** Newest first, each once. */
  readonly users: readonly UserJson[];
  /** Whether there are no further users. */
  readonly complete: boolean;
}

/**
 * Reads users from the newest on, page by page with a cursor, so that users created or deleted during the reading do not make others
 * appear twice or not at all.
 */
export async function collectUsers(
  clerk: Pick<ClerkApi, "read">,
  filter: UserFilter,
  { pageSize, enough, maxPages }: CollectOptions,
): Promise<CollectedUsers> {
  const found = new Map<string, UserJson>();
  for (let page = 0; page < maxPages; page += 1) {
    const users = await listAfter(clerk, filter, pageSize, [...found.keys()].slice(-maxCursors).toReversed());
    for (const user of users) found.set(user.id, user);
    if (users.length < pageSize) return { users: [...found.values()], complete: true };
    if (found.size >= enough) break;
  }
  return { users: [...found.values()], complete: false };
}

const maxCursors = 3;

/** A deleted user is no valid cursor, so the user before serves as the cursor. */
async function listAfter(
  clerk: Pick<ClerkApi, "read">,
  filter: UserFilter,
  limit: number,
  [cursor, ...others]: readonly string[],
): Promise<UserJson[]> {
  try {
    return await listUsers(clerk, filter, { limit, ...(cursor !== undefined && { startingAfter: cursor }) });
  } catch (error) {
    if (error instanceof ClerkRequestError && others.length > 0) return listAfter(clerk, filter, limit, others);
    throw error;
  }
}
