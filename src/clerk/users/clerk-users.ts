import { ClerkFailedError, ClerkRequestError, isClerkOutage } from "../client/clerk-errors.ts";
import { type UserJson, userJsonSchema } from "../payloads/user-json.ts";
import type { User } from "@clerk/backend";
import type { ClerkApi } from "../client/clerk-api.ts";
import { stripUser } from "../payloads/strip-user.ts";

/** Parses a user in a response. The SDK passes on any body, such as a proxy's error page: that throws a {@link ClerkFailedError}. */
export function parseUserJson(raw: unknown): UserJson {
  const parsed = userJsonSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw unreadableResponse(parsed.error);
}

const unreadableResponse = (cause?: unknown): ClerkFailedError =>
  new ClerkFailedError("Clerk's response cannot be parsed", { cause });

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

/** Clerk's answer about one user now. `unavailable`: there was no answer; try again later. */
export type UserLookup =
  | { readonly outcome: "found"; readonly data: Record<string, unknown>; readonly readAt: number }
  | { readonly outcome: "missing" }
  | { readonly outcome: "unavailable"; readonly reason: string };

export type UserReader = (userId: string) => Promise<UserLookup>;

/** The SDK rejects any other id without a request. */
const userId = /^[\w-]+$/;

/** Reads single users from Clerk, without the fields that must not be stored. Never throws for a rejection or an outage. */
export function createUserReader(clerk: Pick<ClerkApi, "read">, now: () => number): UserReader {
  return async (id) => {
    if (!userId.test(id)) return { outcome: "missing" };
    try {
      return await clerk.read("get_user", async ({ users }) => {
        const readAt = now();
        const user = await users.getUser(id);
        return { outcome: "found", data: stripUser({ ...user.raw }), readAt } as const;
      });
    } catch (error) {
      if (error instanceof ClerkRequestError) {
        return error.status === 404 ? { outcome: "missing" } : { outcome: "unavailable", reason: error.message };
      }
      if (isClerkOutage(error)) return { outcome: "unavailable", reason: error.message };
      throw error;
    }
  };
}
