import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";
import { processBatch } from "../batches/process-batch.ts";
import type { OwnedShard, ShardContext } from "../context/shard-context.ts";

const ownershipCheckIntervalMs = 5_000;
const kafkaCheckIntervalMs = 15_000;

/**
 * Drains an owned shard batch by batch, until the signal asks to release it (`released`) or the ledger refuses this owner.
 * Before it returns or throws, every job it has claimed is completed or released. Calls `onProgress` after each batch, and
 * when there is nothing to do.
 *
 * Every few seconds, between batches, the owner checks its shard. An earlier owner that waited for a job when it lost the
 * shard may have claimed one after its jobs were requeued. An idle shard would not notice that Redis lost its ledger, and no
 * shard would notice that a replica became the master. Nor would an idle shard notice that Kafka came back from an older copy.
 */
export async function drainShard(
  context: ShardContext,
  owned: OwnedShard,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<"released" | "superseded" | "lost"> {
  const { now, batchMaxMessages, takeTurn } = context;
  const { jobs, ledger } = owned;
  let checkedAt = now();
  let kafkaCheckedAt = now();
  let batch: readonly ClaimedJob[] = [];
  const isCheckDue = () => now() - checkedAt > ownershipCheckIntervalMs;
  // No further job is claimed when a release or a check has to come first.
  const room = () => (signal.aborted || isCheckDue() ? 0 : batchMaxMessages);
  while (!signal.aborted) {
    if (batch.length === 0 && isCheckDue()) {
      await jobs.requeueAbandoned();
      const read = await ledger.read(owned.claimed, []);
      if (read.outcome !== "read") return read.outcome;
      if ((await ledger.inspect()).failedOver) return "lost";
      if (now() - kafkaCheckedAt > kafkaCheckIntervalMs) {
        if (await isAheadOfKafka(context, owned)) return "lost";
        kafkaCheckedAt = now();
      }
      checkedAt = now();
    }
    if (batch.length === 0) batch = await jobs.claim(batchMaxMessages);
    using turn = batch.length > 0 ? await takeTurn() : undefined;
    await context.rebalanced();
    if (signal.aborted) break;
    if (turn !== undefined) {
      const maxMore = turn.hasWaited ? room() : 0;
      const processed = await processOrRelease(context, owned, { batch, maxMore, room });
      if (processed.outcome !== "done") return processed.outcome;
      batch = processed.next;
    }
    onProgress();
  }
  await jobs.release(batch);
  return "released";
}

/** Whether the partition ends below the ledger's checkpoint. False while Kafka does not answer. */
async function isAheadOfKafka({ stateEnd, log }: ShardContext, { shard, claimed }: OwnedShard): Promise<boolean> {
  try {
    return (await stateEnd(shard)) < claimed.offset;
  } catch (error) {
    log.debug(
      { event: "ledger.not_compared", shard, err: error },
      "Kafka does not tell the end of the state partition",
    );
    return false;
  }
}

interface BatchToProcess {
  readonly batch: readonly ClaimedJob[];
  /** Messages of the batch when further jobs are to be claimed first; 0 for none. */
  readonly maxMore: number;
  readonly room: () => number;
}

async function processOrRelease(
  context: ShardContext,
  owned: OwnedShard,
  { batch: claimed, maxMore, room }: BatchToProcess,
) {
  let done = false;
  let batch = claimed;
  try {
    if (maxMore > 0) batch = await owned.jobs.claimMore(claimed, maxMore);
    const processed = await processBatch(context, owned, batch, room);
    done = processed.outcome === "done";
    return processed;
  } finally {
    if (!done) await owned.jobs.release(batch);
  }
}
