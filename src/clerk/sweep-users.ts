import type { ClerkApi } from "./clerk-api.ts";
import { ClerkRefusal } from "./clerk-refusal.ts";
import { listUsers, type UserFilter } from "./list-users.ts";
import type { UserJson } from "./user-json.ts";

export interface Sweep {
  readonly pageSize: number;
  /** No more are read once there are so many. */
  readonly enough: number;
  /** Requests at most. */
  readonly maxPages: number;
}

export interface Swept {
  /** Newest first, each once. */
  readonly users: readonly UserJson[];
  /** Whether these are all there are. */
  readonly complete: boolean;
}

/**
 * Reads users from the newest on, page after page by a cursor, so that whoever is created or deleted meanwhile makes
 * nobody else appear twice or not at all.
 */
export async function sweepUsers(
  clerk: Pick<ClerkApi, "read">,
  filter: UserFilter,
  { pageSize, enough, maxPages }: Sweep,
): Promise<Swept> {
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
    if (error instanceof ClerkRefusal && others.length > 0) return listBehind(clerk, filter, limit, others);
    throw error;
  }
}
