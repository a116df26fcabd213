import type { ShardPublisher } from "../../src/kafka/publishing/shard-publisher.ts";
import type { ClaimedCheckpoint, LedgerSnapshot, ShardLedger } from "../../src/ledger/shard-ledger.ts";
import type { OwnedShard, ShardContext } from "../context/shard-context.ts";

/** A later owner has claimed the shard's ledger. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/**
 * Takes ownership of a shard: fences every earlier owner and commits a barrier (both by opening the publisher), claims the
 * ledger, restores it from Kafka up to the barrier, and requeues the jobs of the earlier owner. The order is the guarantee:
 * no other worker can commit behind the barrier, so a read up to it is complete.
 *
 * Throws a {@link SupersededError} or a `FencedError` when a later owner came first.
 */
export async function ownShard(context: ShardContext, shard: number, signal: AbortSignal): Promise<OwnedShard> {
  const startedAt = context.now();
  await context.confirmShardLayout();
  const publisher = await context.openPublisher(shard);
  const jobs = context.openJobs(shard);
  const close = async () => {
    await Promise.allSettled([publisher.close(), jobs.close()]);
  };
  try {
    // Again, behind the fence: resharding first announces itself and then fences the owners. So either it has fenced this
    // owner, or this call reports it.
    await context.confirmShardLayout();
    signal.throwIfAborted();
    const ledger = context.openLedger(shard);
    const { offset: barrier, id: barrierId } = publisher.barrier;
    const snapshot = await ledger.inspect();
    const states = await validateCheckpoint(context, shard, publisher, snapshot, signal);
    if (!(await ledger.claim(snapshot, { barrier, barrierId, cluster: context.cluster }, states))) {
      throw new SupersededError("another owner claimed the ledger first");
    }
    const from = states === "reuse" ? (snapshot.checkpoint?.offset ?? 0n) : 0n;
    const restored = await restoreLedger(context, ledger, shard, { from, barrier }, signal);
    const requeuedJobs = await jobs.requeueAbandoned();
    const durationMs = context.now() - startedAt;
    context.metrics.restoreSeconds.observe(durationMs / 1_000);
    const offsets = { from: String(from), barrier: String(barrier) };
    context.log.info(
      { event: "shard.owned", shard, states, ...offsets, restored, requeuedJobs, durationMs },
      "Shard owned",
    );
    return { shard, publisher, ledger, jobs, claimed: { barrier, offset: barrier + 1n }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Whether the ledger's states can be reused, so that only the latest are restored, or the ledger must be rebuilt from all
 * of the state topic. The states belong to this topic if the barrier of the last claim is at the ledger's offset. That is
 * not so after the topic was recreated, or with the Redis of another environment.
 */
async function validateCheckpoint(
  { cluster, group, log, onLedgerLoss }: ShardContext,
  shard: number,
  publisher: ShardPublisher,
  { claimedBy, checkpoint, failedOver }: LedgerSnapshot,
  signal: AbortSignal,
): Promise<"reuse" | "rebuild"> {
  if (checkpoint === undefined) {
    if (publisher.barrier.offset > 0n) await onLedgerLoss();
    log.info(
      { event: "ledger.missing", shard, unreadable: claimedBy !== "" },
      "No usable checkpoint: the ledger is rebuilt from Kafka",
    );
    return "rebuild";
  }
  if (failedOver) {
    await onLedgerLoss();
    log.warn(
      { event: "ledger.failed_over", shard },
      "A Redis replica became the master: a sweep looks for messages that it did not receive",
    );
  }
  const { barrier, barrierId } = checkpoint;
  let found = "";
  if (checkpoint.cluster === cluster && barrier < publisher.barrier.offset) {
    await group.reader.read({
      shard,
      from: barrier,
      to: barrier,
      signal,
      onRecords: async (records) => {
        for (const { record } of records) if (record.kind === "barrier") found = record.id;
      },
    });
  } else if (checkpoint.cluster === cluster) {
    // A claim from behind this barrier: made by a later owner, who then has fenced this one, or in a deleted topic.
    await publisher.assertOwner();
  }
  if (found === barrierId) return "reuse";
  await onLedgerLoss();
  log.warn(
    { event: "ledger.foreign", shard },
    "The ledger belongs to another cluster or topic: it is rebuilt from Kafka",
  );
  return "rebuild";
}

/**
 * Applies the states between `from` and the barrier to a claimed ledger, and leaves the checkpoint behind the barrier. The
 * checkpoint advances with every read, so if this owner dies, the next one continues there. Returns the number of states.
 */
async function restoreLedger(
  { group }: ShardContext,
  ledger: ShardLedger,
  shard: number,
  { from, barrier }: { readonly from: bigint; readonly barrier: bigint },
  signal: AbortSignal,
): Promise<number> {
  let claimed: ClaimedCheckpoint = { barrier, offset: from };
  let restored = 0;
  await group.reader.read({
    shard,
    from,
    to: barrier,
    signal,
    onRecords: async (records) => {
      const last = records.at(-1);
      if (last === undefined) return;
      const states = records.flatMap(({ offset, record }) => {
        switch (record.kind) {
          case "state":
            return { userId: record.userId, state: record.state, offset };
          case "moved":
            return { userId: record.userId, state: undefined, offset };
          case "barrier":
            return [];
        }
      });
      const applied = await ledger.apply(claimed, last.offset + 1n, states);
      if (applied.outcome !== "applied") throw new SupersededError(`the ledger was ${applied.outcome} while restoring`);
      claimed = { barrier, offset: last.offset + 1n };
      restored += states.length;
    },
  });
  return restored;
}
