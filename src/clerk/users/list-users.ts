import { z } from "zod";
import type { CallOptions, ClerkApi } from "../client/clerk-api.ts";
import { ClerkFailedError } from "../client/clerk-errors.ts";
import type { Query } from "../client/get-json.ts";
import { type UserJson, userJsonSchema } from "../payloads/user-json.ts";

/** Parses a user in a response. The response may be any body, such as a proxy's page: that throws a {@link ClerkFailedError}. */
export function parseUserJson(raw: unknown): UserJson {
  const parsed = userJsonSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw unreadableResponse(parsed.error);
}

export const unreadableResponse = (cause?: unknown): ClerkFailedError =>
  new ClerkFailedError("Clerk's response cannot be parsed", { cause });

/** The query of `GET /users`. */
export interface UserQuery extends UserFilter {
  readonly userId?: readonly string[];
  /** At most 500. Clerk replaces a larger limit by 10. */
  readonly limit: number;
  /** A large offset is slow. */
  readonly offset?: number;
  /** Only users after this one, at the same cost at any place in the list. Not with `offset`. */
  readonly startingAfter?: string;
  readonly orderBy?: UserOrder;
}

/** Ascending with `+`, descending with `-`. */
export type UserOrder = `${"+" | "-"}${"created_at" | "updated_at" | "email_address" | "first_name"}`;

/** Users for which all given conditions hold. Partial matches ignore case. */
export interface UserFilter {
  /** Has one of these email addresses, at most 100. */
  readonly emailAddress?: readonly string[];
  /** Part of an email address. */
  readonly emailAddressQuery?: string;
  /** Part of the first or last name. */
  readonly nameQuery?: string;
}

export interface UserPage {
  /** The users as Clerk sends them. */
  readonly users: readonly unknown[];
  /** Just before the request to Clerk, in ms by the clock passed in. */
  readonly readAt: number;
}

interface PageCall extends CallOptions {
  /** Names the call in metrics. */
  readonly operation: string;
  readonly now: () => number;
}

/**
 * Reads one page of users in one request. Throws what {@link ClerkApi} throws, and a {@link ClerkFailedError} for an answer that is no list.
 */
export function readUserPage(
  clerk: Pick<ClerkApi, "read">,
  query: UserQuery,
  { operation, now, ...options }: PageCall,
): Promise<UserPage> {
  return clerk.read(
    operation,
    async (_, get) => {
      const readAt = now();
      const users = await get("/users", toSnakeCase(query));
      if (!Array.isArray(users)) throw unreadableResponse();
      return { readAt, users };
    },
    options,
  );
}

export interface ListedUsers {
  readonly users: readonly UserJson[];
  /** The ids of all entries of the list, also of those that cannot be parsed. */
  readonly ids: readonly string[];
}

/**
 * Lists users, newest first, in one request. An entry that cannot be parsed is reported and left out, so that one odd user does not hide
 * the others. Throws a {@link ClerkFailedError} for an entry without an id.
 */
export async function listUsers(clerk: UserListReader, query: UserQuery): Promise<ListedUsers> {
  const page = await readUserPage(
    clerk,
    { orderBy: "-created_at", ...query },
    { operation: "users.list", now: Date.now },
  );
  const users: UserJson[] = [];
  const ids: string[] = [];
  for (const raw of page.users) {
    const entry = entrySchema.safeParse(raw);
    if (!entry.success) throw unreadableResponse(entry.error);
    ids.push(entry.data.id);
    const parsed = userJsonSchema.safeParse(raw);
    if (parsed.success) users.push(parsed.data);
    else clerk.reportUnreadable(entry.data.id, issuesOf(parsed.error));
  }
  return { users, ids };
}

export type UserListReader = Pick<ClerkApi, "read" | "reportUnreadable">;
const entrySchema = z.object({ id: z.string() });
/** The paths and kinds of the errors, never the values, because the reason is logged. */
const issuesOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join(".")}: ${issue.code}`).join("; ");

/** Counts users in one request. */
export function countUsers(clerk: Pick<ClerkApi, "read">, filter: UserFilter): Promise<number> {
  return clerk.read("users.count", async (_, get) => {
    const count = countSchema.safeParse(await get("/users/count", toSnakeCase(filter)));
    if (!count.success) throw unreadableResponse(count.error);
    return count.data.total_count;
  });
}

const countSchema = z.object({ total_count: z.number() });

const toSnakeCase = (query: UserFilter | UserQuery): Query =>
  Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
