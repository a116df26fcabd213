import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";
import type { OwnedShard } from "../batches/owned-shard.ts";
import { type BatchDeps, type BatchOutcome, processBatch } from "../batches/process-batch.ts";

export interface DrainDeps extends BatchDeps {
  readonly batchMaxMessages: number;
  /** Resolves when the group is not being shared out: at once, nearly always. */
  readonly settled: () => Promise<void>;
  /** Called whenever the shard got on: a batch went through, or there was nothing to do. */
  readonly onProgress: () => void;
}

const lookAroundEveryMs = 5_000;

/**
 * Drains an owned shard, batch after batch, until the signal says to release it (`released`) or the ledger refuses this
 * owner. Jobs in hand are finished or given back before it returns or throws.
 *
 * Every few seconds, with nothing in hand, the owner looks around: a worker that lost the shard while it waited for a job
 * may still have taken one after the hand-back; and an idle shard would not notice that Redis lost its ledger, nor any
 * shard that a replica has taken over.
 */
export async function drainShard(
  deps: DrainDeps,
  owned: OwnedShard,
  signal: AbortSignal,
): Promise<"released" | "superseded" | "lost"> {
  const { jobs } = owned;
  let lookedAt = deps.now();
  let taken: readonly ClaimedJob[] = [];
  const isLookDue = () => deps.now() - lookedAt > lookAroundEveryMs;
  // Nothing more is taken when something else is due first.
  const room = () => (signal.aborted || isLookDue() ? 0 : deps.batchMaxMessages);
  while (!signal.aborted) {
    if (taken.length === 0 && isLookDue()) {
      await jobs.requeueAbandoned();
      const held = await owned.ledger.read(owned.claimed, []);
      if (held.outcome !== "read") return held.outcome;
      if ((await owned.ledger.inspect()).failedOver) return "lost";
      lookedAt = deps.now();
    }
    if (taken.length === 0) taken = await jobs.claim(deps.batchMaxMessages);
    await deps.settled();
    if (signal.aborted) break;
    if (taken.length > 0) {
      const processed = await processOrRelease(deps, owned, taken, room);
      if (processed.outcome !== "done") return processed.outcome;
      taken = processed.next;
    }
    deps.onProgress();
  }
  await jobs.release(taken);
  return "released";
}

async function processOrRelease(deps: DrainDeps, owned: OwnedShard, taken: readonly ClaimedJob[], room: () => number) {
  let done = false;
  try {
    const processed: BatchOutcome = await processBatch(deps, owned, taken, room);
    done = processed.outcome === "done";
    return processed;
  } finally {
    if (!done) await owned.jobs.release(taken);
  }
}
