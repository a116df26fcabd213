import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { stripUser } from "../../clerk/payloads/strip-user.ts";
import { ClerkFailedError, isClerkOutage } from "../../clerk/client/clerk-errors.ts";

/** A user in one of Clerk's lists, as far as the bridge may keep it. */
export interface ListedUser {
  readonly id: string;
  /** Clerk's `updated_at`. */
  readonly updatedAt: number;
  readonly data: Record<string, unknown>;
}

export interface UserPage {
  readonly users: readonly ListedUser[];
  /** Just before Clerk was asked, ms by our clock. */
  readonly readAt: number;
}

/**
 * By creation, oldest first, behind a user (from the start without one); or by change, newest first, from an offset on; or
 * those of these ids whom Clerk has.
 */
export type UserPageRequest =
  | { readonly order: "created"; readonly after: string | undefined; readonly limit?: number }
  | { readonly order: "updated"; readonly offset: number; readonly limit?: number }
  | { readonly order: "none"; readonly ids: readonly string[]; readonly limit?: number };

/** Reads one page. Throws `ClerkRequestError`, and what `ClerkApi` throws when Clerk stays away. */
export type UserPageReader = (request: UserPageRequest) => Promise<UserPage>;

/** Clerk's most; above it Clerk silently falls to 10. */
export const pageSize = 500;
/** Clerk's most in one request. */
export const maxIds = 100;

/** Nobody waits for these reads, and five hundred users take Clerk a while. */
const patience = { waitMs: 60_000, timeoutMs: 30_000 };
const pausesMs = [1_000, 3_000, 9_000];

/** Pages of users, one request each, within the shared rate budget; when Clerk is away, tried again after 1, 3 and 9 s. */
export function createUserPageReader(
  clerk: Pick<ClerkApi, "read">,
  now: () => number,
  signal: AbortSignal,
): UserPageReader {
  return async (request) => {
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        return await readOnce(clerk, now, request);
      } catch (error) {
        const pauseMs = pausesMs[attempt];
        if (!isClerkOutage(error) || pauseMs === undefined) throw error;
        await delay(pauseMs, undefined, { signal });
      }
    }
  };
}

/** The SDK's users; what has no time of change is compared all the same, and found to be no user. */
const listSchema = z.array(
  z.object({ id: z.string(), updatedAt: z.number().catch(0), raw: z.record(z.string(), z.unknown()) }),
);

async function readOnce(clerk: Pick<ClerkApi, "read">, now: () => number, request: UserPageRequest): Promise<UserPage> {
  let readAt = 0;
  const answer = await clerk.read(
    "users.list_all",
    ({ users }) => {
      readAt = now();
      // The SDK's own list knows no cursor, and asks for a count with every page.
      return users["request"]({
        method: "GET",
        path: "/users",
        queryParams: { limit: request.limit ?? pageSize, ...placeOf(request) },
      });
    },
    patience,
  );
  const listed = listSchema.safeParse(answer);
  // The SDK hands on whatever came, such as a page of some proxy.
  if (!listed.success) {
    throw new ClerkFailedError("Clerk's response is not a list of users", { cause: listed.error });
  }
  return { readAt, users: listed.data.map(({ id, updatedAt, raw }) => ({ id, updatedAt, data: stripUser(raw) })) };
}

function placeOf(request: UserPageRequest): Record<string, unknown> {
  switch (request.order) {
    case "created":
      return { orderBy: "+created_at", startingAfter: request.after };
    case "updated":
      return { orderBy: "-updated_at", offset: request.offset };
    case "none":
      return { userId: request.ids };
  }
}
