import type { User } from "@clerk/backend";
import type { ClerkApi } from "./clerk-api.ts";
import { readUserJson, unreadableAnswer } from "./read-user-json.ts";
import type { UserJson } from "./user-json.ts";

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
    if (!Array.isArray(found)) throw unreadableAnswer();
    return found.map(({ raw }) => readUserJson(raw));
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
    if (typeof count !== "number") throw unreadableAnswer();
    return count;
  });
}
