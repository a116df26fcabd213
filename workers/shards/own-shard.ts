import type { ShardPublisher } from "../../src/kafka/publishing/shard-publisher.ts";
import type { PositionedRecord } from "../../src/kafka/consuming/state-reader.ts";
import type { Checkpoint, ClaimedCheckpoint, LedgerSnapshot, ShardLedger } from "../../src/ledger/shard-ledger.ts";
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
    const from = await findUsableOffset(context, shard, publisher, snapshot, signal);
    const states = from === undefined ? "rebuild" : "reuse";
    if (!(await ledger.claim(snapshot, { barrier, barrierId, cluster: context.cluster }, states))) {
      throw new SupersededError("the ledger has changed since it was inspected");
    }
    const restored = await restoreLedger(context, ledger, shard, { barrier, barrierId, offset: from ?? 0n }, signal);
    const requeuedJobs = await jobs.requeueAbandoned();
    const durationMs = context.now() - startedAt;
    context.metrics.restoreSeconds.observe(durationMs / 1_000);
    const offsets = { from: String(from ?? 0n), barrier: String(barrier) };
    context.log.info(
      { event: "shard.owned", shard, states, ...offsets, restored, requeuedJobs, durationMs },
      "Shard owned",
    );
    return { shard, publisher, ledger, jobs, claimed: { barrier, barrierId, offset: barrier + 1n }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Why a ledger must be rebuilt. Its value is the reason in the log. */
const unusable = {
  missing: "the ledger is missing",
  incomplete: "a part of the ledger is lost",
  foreign: "the ledger belongs to another cluster or topic",
  diverged: "Kafka lacks records that the ledger has",
} as const;

/**
 * The checkpoint from which the ledger's states can be reused, so that only later ones are restored; undefined when the ledger
 * must be rebuilt from all of the state topic. A ledger that cannot be reused counts as a loss, except in a new shard.
 */
async function findUsableOffset(
  context: ShardContext,
  shard: number,
  publisher: ShardPublisher,
  { checkpoint, failedOver }: LedgerSnapshot,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const { log, onLedgerLoss } = context;
  const reason =
    typeof checkpoint === "string" ? checkpoint : await findMismatch(context, shard, publisher, checkpoint, signal);
  if (reason !== undefined) {
    if (reason !== "missing" || publisher.barrier.offset > 0n) await onLedgerLoss();
    log.warn({ event: `ledger.${reason}`, shard }, `The ledger is rebuilt from Kafka: ${unusable[reason]}`);
    return undefined;
  }
  if (failedOver) {
    await onLedgerLoss();
    log.warn(
      { event: "ledger.failed_over", shard },
      "A Redis replica became the master: a sweep looks for messages that it did not receive",
    );
  }
  return typeof checkpoint === "string" ? undefined : checkpoint.offset;
}

/**
 * Compares a checkpoint with Kafka. The states belong to this partition if the record just below the checkpoint is the one that the
 * ledger names, and no other record is where the last claim has its barrier. That is not so after the topic was recreated,
 * with the Redis of another environment, or when Kafka lost acknowledged records, for example because it was restored from
 * an older copy.
 *
 * Compaction can remove a barrier, and rarely the record below the checkpoint; the ledger is then rebuilt without need.
 */
async function findMismatch(
  { cluster, group }: ShardContext,
  shard: number,
  publisher: ShardPublisher,
  { barrier, barrierId, offset, last, ...checkpoint }: Checkpoint,
  signal: AbortSignal,
): Promise<"foreign" | "diverged" | undefined> {
  if (checkpoint.cluster !== cluster) return "foreign";
  if (barrier >= publisher.barrier.offset || offset > publisher.barrier.offset) {
    // Made by a later owner, who then has fenced this one, or in a partition that had more records than it has now.
    await publisher.assertOwner();
    return "diverged";
  }
  const readRecord = async (at: bigint) => {
    let found: PositionedRecord | undefined;
    const onRecords = async (records: readonly PositionedRecord[]) => void (found = records[0]);
    await group.reader.read({ shard, from: at, to: at, signal, onRecords });
    return found;
  };
  if (offset > 0n && (await readRecord(offset - 1n))?.digest() !== last) return "diverged";
  const atBarrier = await readRecord(barrier);
  if (atBarrier === undefined) return undefined;
  return atBarrier.record.kind === "barrier" && atBarrier.record.id === barrierId ? undefined : "foreign";
}

/**
 * Applies the states between a claimed ledger's checkpoint and the barrier, and leaves the checkpoint behind the barrier. The
 * checkpoint advances with every read, so if this owner dies, the next one continues there. Returns the number of states.
 */
async function restoreLedger(
  { group }: ShardContext,
  ledger: ShardLedger,
  shard: number,
  own: ClaimedCheckpoint,
  signal: AbortSignal,
): Promise<number> {
  let claimed = own;
  let restored = 0;
  await group.reader.read({
    shard,
    from: own.offset,
    to: own.barrier,
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
      const applied = await ledger.apply(claimed, { offset: last.offset + 1n, last: last.digest(), states });
      if (applied.outcome !== "applied") throw new SupersededError(`the ledger was ${applied.outcome} while restoring`);
      claimed = { ...own, offset: last.offset + 1n };
      restored += states.length;
    },
  });
  return restored;
}
