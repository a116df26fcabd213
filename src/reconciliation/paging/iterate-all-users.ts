import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { type ListedUser, pageSize, type UserPageReader, type UserPage } from "./user-page-reader.ts";

/**
 * A place in the list of all users: ids of users at that place, the last one first. Clerk's cursor is a user, and a user can be
 * deleted; an earlier one then serves as the cursor.
 */
export type Cursor = readonly string[];

export interface CursorPage extends UserPage {
  /** Where the iteration continues after this page, now or after a crash. */
  readonly cursor: Cursor;
}

const maxCursorLength = 24;

/**
 * Iterates every user that Clerk has from the first to the last page, oldest first, from a cursor on. Users created during the iteration
 * come at the end. A user may come twice, and a user deleted during the iteration may come or not.
 */
export async function* iterateAllUsers(readPage: UserPageReader, from: Cursor = []): AsyncGenerator<CursorPage> {
  for (let cursor = from; ;) {
    const { page, rest } = await readAfter(readPage, cursor);
    if (page.users.length === 0) return;
    cursor = [...fallbackCursors(page.users), ...rest].slice(0, maxCursorLength);
    yield { ...page, cursor };
    if (page.users.length < pageSize) return;
  }
}

/** The page after the last user of the cursor that Clerk still has; the first page when it has none of them. */
async function readAfter(readPage: UserPageReader, cursor: Cursor): Promise<{ page: UserPage; rest: Cursor }> {
  for (const [index, after] of cursor.entries()) {
    try {
      return { page: await readPage({ order: "created", after }), rest: cursor.slice(index) };
    } catch (error) {
      if (!(error instanceof ClerkRequestError) || !rejectsCursor(error)) throw error;
    }
  }
  return { page: await readPage({ order: "created", after: undefined }), rest: [] };
}

/** Clerk does not document how it rejects a cursor whose user is deleted. A wrong key is 401 or 403. */
const rejectsCursor = ({ status }: ClerkRequestError): boolean => [400, 404, 410, 422].includes(status);

/** The last user, the one before, the 4th, 8th, 16th … from the end: near users cost few repeats, far ones survive more deletions. */
function fallbackCursors(users: readonly ListedUser[]): string[] {
  const ids: string[] = [];
  for (let fromEnd = 1; fromEnd <= users.length; fromEnd *= 2) ids.push(users[users.length - fromEnd]?.id ?? "");
  return ids;
}
