import { userIdOf } from "../../src/domain/change.ts";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import type { MessageQueues } from "../../src/queue/message-queues.ts";

export interface ForwardDeps {
  readonly shardOf: (userId: string) => number;
  readonly queues: Pick<MessageQueues, "add">;
}

/**
 * Splits off the messages of users who are not of this shard. Such come from an API of another number of shards, before or
 * after this number was changed. Nobody but the owner of its shard may decide about a user: only there is the state. Pure.
 */
export function findMisrouted(
  candidates: readonly Candidate<Message>[],
  shard: number,
  shardOf: ForwardDeps["shardOf"],
): { readonly own: readonly Candidate<Message>[]; readonly misrouted: readonly Candidate<Message>[] } {
  const isOwn = ({ change }: Candidate<Message>) => shardOf(userIdOf(change)) === shard;
  return { own: candidates.filter(isOwn), misrouted: candidates.filter((candidate) => !isOwn(candidate)) };
}

/**
 * Puts misrouted messages into the queues of their users' shards. Resolves once Redis holds them; their jobs must not
 * complete before. After a crash in between they are forwarded again, which is harmless.
 */
export async function forward(
  { shardOf, queues }: ForwardDeps,
  misrouted: readonly Candidate<Message>[],
): Promise<void> {
  await Promise.all(misrouted.map(({ change, tag }) => queues.add(shardOf(userIdOf(change)), tag)));
}
