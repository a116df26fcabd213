import { parseChange } from "../../src/clerk/payloads/parse-change.ts";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import { type Message, messageSchema } from "../../src/domain/message.ts";
import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";

export interface ParsedBatch {
  readonly candidates: readonly Candidate<Message>[];
  /** What cannot be decided, each alone: it never holds up the rest of its job. */
  readonly malformed: readonly DeadLetter[];
}

/** Reads the messages of a batch's jobs as changes. Pure. */
export function parseBatch(jobs: readonly ClaimedJob[], at: number): ParsedBatch {
  const candidates: Candidate<Message>[] = [];
  const malformed: DeadLetter[] = [];
  for (const job of jobs) {
    job.messages.forEach((stored, index) => {
      const parsed = messageSchema.safeParse(stored);
      if (!parsed.success) {
        const body = JSON.stringify(stored);
        malformed.push({ id: `${job.id}-${index}`, stage: "queued", reason: "not a message of the bridge", at, body });
        return;
      }
      const message = parsed.data;
      const read = parseChange(message);
      if (read.outcome === "read") candidates.push({ change: read.change, tag: message });
      else malformed.push({ id: message.id, stage: "queued", reason: read.reason, at, body: JSON.stringify(message) });
    });
  }
  return { candidates, malformed };
}
