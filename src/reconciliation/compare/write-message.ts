import type { ChangeSource } from "../../domain/change.ts";
import type { Message } from "../../domain/message.ts";
import type { ListedUser } from "../paging/user-page-reader.ts";

// The ids name the finding, so that a repeated finding becomes at most one dead letter.

/** A message with Clerk's snapshot of a user. `readAt`: when it was read, in ms by our clock. */
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

/** A message that Clerk no longer has a user. The time of the deletion is unknown, so `noticedAt` (ms) stands for it. */
export const writeDeletion = (userId: string, source: ChangeSource, noticedAt: number): Message => ({
  id: `${source}_${userId}_deleted`,
  source,
  type: "user.deleted",
  timestamp: noticedAt,
  receivedAt: noticedAt,
  readAt: noticedAt,
  data: { id: userId, deleted: true },
});
