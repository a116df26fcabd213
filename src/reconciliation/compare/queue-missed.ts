import type { ChangeSource } from "../../domain/change.ts";
import type { Message } from "../../domain/message.ts";
import { countAllWaiting } from "../../queue/message-queues.ts";
import type { ListedUser } from "../paging/user-page-reader.ts";
import type { ComparisonContext } from "../reconciliation-context.ts";
import { setTimeout as delay } from "node:timers/promises";

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
  ...(user.fields && { fields: user.fields }),
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

export interface Addressed {
  readonly userId: string;
  readonly message: Message;
}

/** Maximum number of waiting jobs before more are added, because webhooks need room in Redis too. */
const maxWaitingJobs = 2_000;
const pollIntervalMs = 200;

/**
 * Queues messages for the workers. Waits while too many jobs wait in their shards; resolves once Redis has stored all messages. Other
 * shards may be unavailable.
 */
export async function queueMissed(context: ComparisonContext, found: readonly Addressed[]): Promise<void> {
  if (found.length === 0) return;
  const shards = new Set(found.map(({ userId }) => context.shardOf(userId)));
  while ((await countAllWaiting(context.queues, shards)) > maxWaitingJobs)
    await delay(pollIntervalMs, undefined, { signal: context.signal });
  await Promise.all(found.map(({ userId, message }) => context.queues.add(context.shardOf(userId), message)));
}
