import type { OptionalField } from "@clerk-kafka-bridge/events";
import { parseChange } from "../../src/clerk/payloads/parse-change.ts";
import { userIdOf } from "../../src/domain/change.ts";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import { type Message, messageSchema } from "../../src/domain/message.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";

export interface Batch {
  /** The changes of this shard's users. */
  readonly own: readonly Candidate[];
  /**
   * The changes of other shards' users. They come from an API with another number of shards, around a change of that
   * number. Only the owner of a user's shard has the user's state, so only that owner may decide them.
   */
  readonly misrouted: readonly Candidate[];
  /** Messages that cannot be decided. One of them does not affect the others of its job. */
  readonly malformed: readonly DeadLetter[];
}

interface BatchOptions {
  readonly shard: number;
  readonly shardOf: (userId: string) => number;
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  /** The time of dead letters, in ms. */
  readonly at: number;
}

/** Reads the messages of a shard's jobs as changes. Pure. */
export function readBatch(jobs: readonly ClaimedJob[], { shard, shardOf, eventFields, at }: BatchOptions): Batch {
  const own: Candidate[] = [];
  const misrouted: Candidate[] = [];
  const malformed: DeadLetter[] = [];
  for (const job of jobs) {
    for (const [index, stored] of job.messages.entries()) {
      const { data: message } = messageSchema.safeParse(stored);
      if (message === undefined) {
        const reason = "not a message of the bridge";
        malformed.push({ id: `${job.id}-${index}`, stage: "queued", reason, at, body: JSON.stringify(stored) });
        continue;
      }
      const parsed = parseChange(message, eventFields);
      if (parsed.outcome === "malformed") {
        malformed.push(toDeadLetter(message, parsed.reason, at));
        continue;
      }
      const isOwn = shardOf(userIdOf(parsed.change)) === shard;
      (isOwn ? own : misrouted).push({ change: parsed.change, message });
    }
  }
  return { own, misrouted, malformed };
}

/** A message that cannot be decided. `at`: now, in ms. */
export const toDeadLetter = (message: Message, reason: string, at: number): DeadLetter => ({
  id: message.id,
  stage: "queued",
  reason,
  at,
  body: JSON.stringify(message),
});
