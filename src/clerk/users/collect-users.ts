import { ClerkRequestError } from "../client/clerk-errors.ts";
import type { UserJson } from "../payloads/user-json.ts";
import { listUsers, type ListedUsers, type UserFilter, type UserListReader } from "./list-users.ts";

export interface CollectOptions {
  readonly pageSize: number;
  /** Called after each page with the users of that page and the number of all. Reading stops when it returns true. */
  readonly isEnough: (page: readonly UserJson[], collected: number) => boolean;
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
  clerk: UserListReader,
  filter: UserFilter,
  { pageSize, isEnough, maxPages }: CollectOptions,
): Promise<CollectedUsers> {
  const found = new Map<string, UserJson>();
  let cursors: readonly string[] = [];
  for (let page = 0; page < maxPages; page += 1) {
    const { users, ids } = await listAfter(clerk, filter, pageSize, cursors);
    for (const user of users) found.set(user.id, user);
    cursors = [...ids.slice(-maxCursors).toReversed(), ...cursors].slice(0, maxCursors);
    const enough = isEnough(users, found.size);
    if (ids.length < pageSize) return { users: [...found.values()], complete: true };
    if (enough) break;
  }
  return { users: [...found.values()], complete: false };
}

const maxCursors = 3;

/** A deleted user is no valid cursor, so the user before serves as the cursor. */
async function listAfter(
  clerk: UserListReader,
  filter: UserFilter,
  limit: number,
  [cursor, ...others]: readonly string[],
): Promise<ListedUsers> {
  try {
    return await listUsers(clerk, { ...filter, limit, ...(cursor !== undefined && { startingAfter: cursor }) });
  } catch (error) {
    if (error instanceof ClerkRequestError && others.length > 0) return listAfter(clerk, filter, limit, others);
    throw error;
  }
}
