import type { TakenJob } from "../src/queue/open-shard-jobs.ts";
import type { OwnedShard } from "./own-shard.ts";
import { type BatchDeps, type BatchOutcome, processBatch } from "./process-batch.ts";

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
 * may still have taken one after the hand-back; and an idle shard would not notice that Redis lost its ledger.
 */
export async function drainShard(
  deps: DrainDeps,
  owned: OwnedShard,
  signal: AbortSignal,
): Promise<"released" | "superseded" | "lost"> {
  const { jobs } = owned;
  let lookedAt = deps.now();
  while (!signal.aborted) {
    if (deps.now() - lookedAt > lookAroundEveryMs) {
      await jobs.handBack();
      const held = await owned.ledger.read(owned.hold, []);
      if (held.outcome !== "read") return held.outcome;
      lookedAt = deps.now();
    }
    const taken = await jobs.take(deps.batchMaxMessages);
    await deps.settled();
    if (signal.aborted) await jobs.giveBack(taken);
    else if (taken.length > 0) {
      const outcome = await processOrGiveBack(deps, owned, taken);
      if (outcome !== "done") return outcome;
    }
    deps.onProgress();
  }
  return "released";
}

async function processOrGiveBack(deps: DrainDeps, owned: OwnedShard, taken: readonly TakenJob[]) {
  let outcome: BatchOutcome | undefined;
  try {
    outcome = await processBatch(deps, owned, taken);
    return outcome;
  } finally {
    if (outcome !== "done") await owned.jobs.giveBack(taken);
  }
}
