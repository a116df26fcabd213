import type { ComparisonContext } from "../reconciliation-context.ts";
import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "../../domain/message.ts";

export interface Addressed {
  readonly userId: string;
  readonly message: Message;
}

/** Maximum number of waiting jobs before more are added, because webhooks need room in Redis too. */
const maxWaitingJobs = 2_000;
const pollIntervalMs = 200;

/** Queues messages for the workers. Waits while too many jobs wait; resolves once Redis has stored all messages. */
export async function queueMissed(context: ComparisonContext, found: readonly Addressed[]): Promise<void> {
  if (found.length === 0) return;
  while ((await countWaiting(context)) > maxWaitingJobs)
    await delay(pollIntervalMs, undefined, { signal: context.signal });
  await Promise.all(found.map(({ userId, message }) => context.queues.add(context.shardOf(userId), message)));
}

async function countWaiting({ queues, shards }: ComparisonContext): Promise<number> {
  const counts = await Promise.all(Array.from({ length: shards }, (_, shard) => queues.countWaiting(shard)));
  return counts.reduce((sum, count) => sum + count, 0);
}
