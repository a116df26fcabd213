import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { type ListedUser, pageSize, type UserPageReader, type UserPage } from "./user-page-reader.ts";

/**
 * A place in the list of all users, as ids of users that stand there, the last one first. Clerk's cursor is a user, and
 * users go away: then one before it will do.
 */
export type Trail = readonly string[];

export interface CursorPage extends UserPage {
  /** Where the walk goes on behind this page, now or after a crash. */
  readonly trail: Trail;
}

const longestTrail = 24;

/**
 * Every user that Clerk has from the first to the last page, oldest first, from a place on: those created meanwhile come
 * at the end. A user may come twice; one that is deleted meanwhile may come or not.
 */
export async function* iterateAllUsers(readPage: UserPageReader, from: Trail = []): AsyncGenerator<CursorPage> {
  for (let trail = from; ;) {
    const { page, behind } = await readBehind(readPage, trail);
    if (page.users.length === 0) return;
    trail = [...fallbackCursors(page.users), ...behind].slice(0, longestTrail);
    yield { ...page, trail };
    if (page.users.length < pageSize) return;
  }
}

/** The page behind the last user of the trail that Clerk still has; the first page when it has none of them. */
async function readBehind(readPage: UserPageReader, trail: Trail): Promise<{ page: UserPage; behind: Trail }> {
  for (const [index, after] of trail.entries()) {
    try {
      return { page: await readPage({ order: "created", after }), behind: trail.slice(index) };
    } catch (error) {
      if (!(error instanceof ClerkRequestError) || !refusesCursor(error)) throw error;
    }
  }
  return { page: await readPage({ order: "created", after: undefined }), behind: [] };
}

/** Clerk does not say how it refuses a cursor whose user is gone; a wrong key is 401 or 403. */
const refusesCursor = ({ status }: ClerkRequestError): boolean => [400, 404, 410, 422].includes(status);

/** The last user, the one before, the 4th, 8th, 16th … from the end: near ones cost few repeats, far ones survive more. */
function fallbackCursors(users: readonly ListedUser[]): string[] {
  const ids: string[] = [];
  for (let fromEnd = 1; fromEnd <= users.length; fromEnd *= 2) ids.push(users[users.length - fromEnd]?.id ?? "");
  return ids;
}
