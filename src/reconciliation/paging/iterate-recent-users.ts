import { pageSize, type UserPageReader, type UserPage } from "./user-page-reader.ts";

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
