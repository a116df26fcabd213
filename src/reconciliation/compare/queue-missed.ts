import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "../../domain/message.ts";
import type { MessageQueues } from "../../queue/message-queues.ts";

export interface QueueMissedDeps {
  readonly queues: Pick<MessageQueues, "add" | "countWaiting">;
  readonly shards: number;
  readonly shardOf: (userId: string) => number;
  readonly signal: AbortSignal;
}

export interface Addressed {
  readonly userId: string;
  readonly message: Message;
}

/** Jobs that may wait while more are added; webhooks must find room in Redis, too. */
const mostWaitingJobs = 2_000;
const pollIntervalMs = 200;

/** Hands messages to the workers. Waits while too many wait already; resolves once Redis holds them all. */
export async function queueMissed(deps: QueueMissedDeps, found: readonly Addressed[]): Promise<void> {
  if (found.length === 0) return;
  while ((await countWaiting(deps)) > mostWaitingJobs) await delay(pollIntervalMs, undefined, { signal: deps.signal });
  await Promise.all(found.map(({ userId, message }) => deps.queues.add(deps.shardOf(userId), message)));
}

async function countWaiting({ queues, shards }: QueueMissedDeps): Promise<number> {
  const counts = await Promise.all(Array.from({ length: shards }, (_, shard) => queues.countWaiting(shard)));
  return counts.reduce((sum, count) => sum + count, 0);
}
