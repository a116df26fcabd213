import { pageSize, type UserPageReader, type UserPage } from "./user-page-reader.ts";

/** `too_far`: the list is too long, or moves too much, to be read this way; what was not read is not known then. */
export type WalkEnd = "reached" | "too_far";

const usualStepBack = 20;
const mostPages = 120;
const mostGaps = 8;

/**
 * Every user whose `updated_at` is `since` or later and stays what it is during the walk, newest first. Who changes
 * meanwhile moves to the front, and may be missed: the next walk finds it.
 *
 * An offset counts from the front, and the list moves under it: a user that changes pushes others back (they come twice),
 * one that is deleted pulls others forward, out of the next page. So each page begins before the end of the one before it,
 * and must show that it does, by a first user that is newer than the last one read; otherwise it is read again from
 * further in front. Pages that prove it leave no gap.
 */
export async function* iterateRecentUsers(readPage: UserPageReader, since: number): AsyncGenerator<UserPage, WalkEnd> {
  let offset = 0;
  let stepBack = usualStepBack;
  let gaps = 0;
  let lastRead = Number.POSITIVE_INFINITY;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await readPage({ order: "updated", offset });
    const [first, last] = [page.users[0], page.users.at(-1)];
    if (offset > 0 && !(first !== undefined && first.updatedAt > lastRead)) {
      gaps += 1;
      // A whole page of one and the same moment proves nothing, however often it is read.
      if (gaps > mostGaps) return "too_far";
      stepBack *= 5;
      offset = Math.max(0, offset - stepBack);
      continue;
    }
    if (last === undefined) return "reached";
    yield page;
    if (page.users.length < pageSize || last.updatedAt < since) return "reached";
    lastRead = last.updatedAt;
    stepBack = usualStepBack;
    offset += page.users.length - stepBack;
  }
  return "too_far";
}
