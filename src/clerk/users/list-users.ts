import type { User } from "@clerk/backend";
import type { ClerkApi } from "../client/clerk-api.ts";
import { parseUserJson, unreadableResponse } from "./parse-user-json.ts";
import type { UserJson } from "../payloads/user-json.ts";
import { ClerkRequestError } from "../client/clerk-errors.ts";

/** Which users: all of the given conditions hold. Partial matches are without case. */
export interface UserFilter {
  /** Has one of these e-mail addresses, at most 100. */
  readonly emailAddress?: readonly string[];
  /** Part of an e-mail address. */
  readonly emailAddressQuery?: string;
  /** Part of the first or last name. */
  readonly nameQuery?: string;
}

export interface UserRange {
  /** At most 500: Clerk makes 10 of what is more. */
  readonly limit: number;
  /** Slow when it is large. */
  readonly offset?: number;
  /** Only those behind this user, at the same cost however far in the list; not with `offset`. */
  readonly startingAfter?: string;
}

/** Users, newest first. One request: the SDK's own list asks for a count with every page, and knows neither cursor nor names. */
export function listUsers(clerk: Pick<ClerkApi, "read">, filter: UserFilter, range: UserRange): Promise<UserJson[]> {
  return clerk.read("users.list", async ({ users }) => {
    const found = await users["request"]<User[]>({
      method: "GET",
      path: "/users",
      queryParams: { ...filter, ...range, orderBy: "-created_at" },
    });
    // The SDK hands on what is no JSON as text.
    if (!Array.isArray(found)) throw unreadableResponse();
    return found.map(({ raw }) => parseUserJson(raw));
  });
}

/** How many there are. One request. */
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

export interface Sweep {
  readonly pageSize: number;
  /** No more are read once there are so many. */
  readonly enough: number;
  /** Requests at most. */
  readonly maxPages: number;
}

export interface CollectedUsers {
  /** Newest first, each once. */
  readonly users: readonly UserJson[];
  /** Whether these are all there are. */
  readonly complete: boolean;
}

/**
 * Reads users from the newest on, page after page by a cursor, so that whoever is created or deleted meanwhile makes
 * nobody else appear twice or not at all.
 */
export async function collectUsers(
  clerk: Pick<ClerkApi, "read">,
  filter: UserFilter,
  { pageSize, enough, maxPages }: Sweep,
): Promise<CollectedUsers> {
  const found = new Map<string, UserJson>();
  for (let page = 0; page < maxPages; page += 1) {
    const users = await listBehind(clerk, filter, pageSize, [...found.keys()].slice(-cursorsToTry).toReversed());
    for (const user of users) found.set(user.id, user);
    if (users.length < pageSize) return { users: [...found.values()], complete: true };
    if (found.size >= enough) break;
  }
  return { users: [...found.values()], complete: false };
}

const cursorsToTry = 3;

/** A user who was deleted is no cursor any more; then the one before is. */
async function listBehind(
  clerk: Pick<ClerkApi, "read">,
  filter: UserFilter,
  limit: number,
  [cursor, ...others]: readonly string[],
): Promise<UserJson[]> {
  try {
    return await listUsers(clerk, filter, { limit, ...(cursor !== undefined && { startingAfter: cursor }) });
  } catch (error) {
    if (error instanceof ClerkRequestError && others.length > 0) return listBehind(clerk, filter, limit, others);
    throw error;
  }
}
