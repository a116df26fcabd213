import type { OptionalField } from "@clerk-kafka-bridge/events";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { readUserPage, type UserQuery } from "../../clerk/users/list-users.ts";
import { type StrippedUser, stripUser } from "../../clerk/payloads/user-json.ts";
import { ClerkFailedError, isClerkOutage } from "../../clerk/client/clerk-errors.ts";

/** A user in one of Clerk's lists, without the fields that must not be stored. */
export interface ListedUser extends StrippedUser {
  readonly id: string;
  /** Clerk's `updated_at`. */
  readonly updatedAt: number;
}

export interface UserPage {
  readonly users: readonly ListedUser[];
  /** Just before the request to Clerk, in ms by our clock. */
  readonly readAt: number;
}

/**
 * By creation, oldest first, after a user or from the start; or by change, newest first, from an offset on; or the users with these
 * ids.
 */
export type UserPageRequest =
  | { readonly order: "created"; readonly after: string | undefined; readonly limit?: number }
  | { readonly order: "updated"; readonly offset: number; readonly limit?: number }
  | { readonly order: "none"; readonly ids: readonly string[]; readonly limit?: number };

/** Reads one page. Throws `ClerkRequestError`, and what `ClerkApi` throws when Clerk stays unavailable. */
export type UserPageReader = (request: UserPageRequest) => Promise<UserPage>;

/** Clerk's maximum. Clerk silently replaces a larger limit by 10. */
export const pageSize = 500;
/** Clerk's maximum in one request. */
export const maxIds = 100;

/** No caller waits for these reads, and a page of 500 users takes Clerk a while. */
const backgroundCallOptions = { waitMs: 60_000, timeoutMs: 30_000 };
const retryDelaysMs = [1_000, 3_000, 9_000];

interface PageReaderOptions {
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** False when a person waits for the answer. Default true. */
  readonly retries?: boolean;
}

/** Reads pages of users with one request each, within the shared rate budget. Retries after 1, 3 and 9 s while Clerk is unavailable. */
export function createUserPageReader(clerk: Pick<ClerkApi, "read">, options: PageReaderOptions): UserPageReader {
  const { signal, retries = true } = options;
  return async (request) => {
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        return await readOnce(clerk, options, request);
      } catch (error) {
        const retryDelayMs = retries ? retryDelaysMs[attempt] : undefined;
        if (!isClerkOutage(error) || retryDelayMs === undefined) throw error;
        await delay(retryDelayMs, undefined, { signal });
      }
    }
  };
}

/** An entry without a time of change is compared too, and found to be no user. */
const identifiedSchema = z.looseObject({ id: z.string() });
type IdentifiedUser = z.infer<typeof identifiedSchema>;
const listSchema = z.array(identifiedSchema);
const updatedAtSchema = z.number().catch(0);

async function readOnce(
  clerk: Pick<ClerkApi, "read">,
  { eventFields, now }: PageReaderOptions,
  request: UserPageRequest,
): Promise<UserPage> {
  const query = { limit: request.limit ?? pageSize, ...placeOf(request) };
  const { readAt, users } = await readUserPage(clerk, query, {
    operation: "users.list_all",
    now,
    ...backgroundCallOptions,
  });
  const listed = listSchema.safeParse(users);
  if (!listed.success) {
    throw new ClerkFailedError("Clerk's response is not a list of users", { cause: listed.error });
  }
  return {
    readAt,
    users: listed.data.map((user) => toListedUser(user, eventFields)),
  };
}

const toListedUser = (user: IdentifiedUser, eventFields: readonly OptionalField[]): ListedUser => ({
  id: user.id,
  updatedAt: updatedAtSchema.parse(user["updated_at"]),
  ...stripUser(user, eventFields),
});

function placeOf(request: UserPageRequest): Partial<UserQuery> {
  switch (request.order) {
    case "created":
      return { orderBy: "+created_at", ...(request.after !== undefined && { startingAfter: request.after }) };
    case "updated":
      return { orderBy: "-updated_at", offset: request.offset };
    case "none":
      return { userId: request.ids };
  }
}
