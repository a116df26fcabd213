import type { ChangeSource } from "../../domain/change.ts";
import type { Message } from "../../domain/message.ts";
import type { ListedUser } from "../paging/user-page-reader.ts";

// The ids name what was found: the same finding is one dead letter at most, however often it is found.

/** What Clerk says of a user, as a message. `readAt`: when it was read, ms by our clock. */
export const writeSnapshot = (
  user: ListedUser,
  source: ChangeSource,
  type: "user.created" | "user.updated",
  readAt: number,
): Message => ({
  id: `${source}_${user.id}_${user.updatedAt}`,
  source,
  type,
  receivedAt: readAt,
  readAt,
  data: user.data,
});

/** That Clerk no longer has a user. When it was deleted nobody can say; `noticedAt` (ms) stands for it. */
export const writeDeletion = (userId: string, source: ChangeSource, noticedAt: number): Message => ({
  id: `${source}_${userId}_deleted`,
  source,
  type: "user.deleted",
  timestamp: noticedAt,
  receivedAt: noticedAt,
  readAt: noticedAt,
  data: { id: userId, deleted: true },
});
