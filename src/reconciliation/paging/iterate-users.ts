import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { type ListedUser, type UserPage, type UserPageReader, pageSize } from "./user-page-reader.ts";

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

/** `page_limit`: the list is too long, or changes too much, to be read this way. The rest is then unknown. */
export type IterationEnd = "reached" | "page_limit";

const initialOverlap = 20;
const maxPages = 120;
const maxGaps = 8;

/**
 * Iterates every user whose `updated_at` is `since` or later and does not change during the iteration, newest first. A user that changes
 * moves to the front and may be missed; the next run finds it.
 *
 * An offset counts from the front, and the list moves under it: a changed user pushes others back (they come twice), and a deleted user
 * pulls others forward, out of the next page. So each page overlaps the page before it, and proves it with a first user that is
 * newer than the last one read. Otherwise the page is read again from further ahead. Pages that prove the overlap leave no gap.
 */
export async function* iterateRecentUsers(
  readPage: UserPageReader,
  since: number,
): AsyncGenerator<UserPage, IterationEnd> {
  let offset = 0;
  let overlap = initialOverlap;
  let gaps = 0;
  let lastRead = Number.POSITIVE_INFINITY;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = await readPage({ order: "updated", offset });
    const [first, last] = [page.users[0], page.users.at(-1)];
    if (offset > 0 && !(first !== undefined && first.updatedAt > lastRead)) {
      gaps += 1;
      // A page of users with the same time proves nothing, however often it is read.
      if (gaps > maxGaps) return "page_limit";
      overlap *= 5;
      offset = Math.max(0, offset - overlap);
      continue;
    }
    if (last === undefined) return "reached";
    yield page;
    if (page.users.length < pageSize || last.updatedAt < since) return "reached";
    lastRead = last.updatedAt;
    overlap = initialOverlap;
    offset += page.users.length - overlap;
  }
  return "page_limit";
}
