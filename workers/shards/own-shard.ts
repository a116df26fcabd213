import type { ShardGroup } from "../../src/kafka/consuming/join-shard-group.ts";
import type { ShardPublisher } from "../../src/kafka/publishing/shard-publisher.ts";
import type { LedgerSnapshot, ShardLedger } from "../../src/ledger/shard-ledger.ts";
import type { Logger } from "../../src/shared/logger.ts";
import type { ShardMetrics } from "./shard-metrics.ts";
import type { ShardJobs } from "../../src/queue/shard-jobs.ts";
import type { OwnedShard } from "../batches/owned-shard.ts";
import { restoreLedger } from "./restore-ledger.ts";
import { SupersededError } from "./restore-ledger.ts";

export interface OwnDeps {
  readonly openPublisher: (shard: number) => Promise<ShardPublisher>;
  readonly createShardLedger: (shard: number) => ShardLedger;
  readonly openJobs: (shard: number) => ShardJobs;
  readonly group: Pick<ShardGroup, "reader">;
  readonly cluster: string;
  /** Throws when the bridge has another number of shards than this worker, or is about to. */
  readonly confirmShardLayout: () => Promise<void>;
  /** Redis was found to have lost ledger data, or to have failed over to a replica, and so maybe lost messages, too. */
  readonly onLedgerLoss: () => Promise<void>;
  readonly shardMetrics: ShardMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

/**
 * Takes a shard: fences every earlier owner and commits a barrier (in opening the publisher), claims the ledger, brings it
 * up to the barrier from Kafka, hands the earlier owner's jobs back. The order is the guarantee: behind the barrier nobody
 * else commits, so what is read up to it is all there is.
 */
export async function ownShard(deps: OwnDeps, shard: number, signal: AbortSignal): Promise<OwnedShard> {
  const startedAt = deps.now();
  await deps.confirmShardLayout();
  const publisher = await deps.openPublisher(shard);
  const jobs = deps.openJobs(shard);
  const close = async () => {
    await Promise.allSettled([publisher.close(), jobs.close()]);
  };
  try {
    // Again, behind the fence: a change of the number of shards is announced first, and fences the owners then. So either
    // it has fenced us, or we hear of it here.
    await deps.confirmShardLayout();
    signal.throwIfAborted();
    const ledger = deps.createShardLedger(shard);
    const { offset: barrier, id: barrierId } = publisher.barrier;
    const look = await ledger.inspect();
    const states = await validateCheckpoint(deps, shard, publisher, look, signal);
    if (!(await ledger.claim(look, { barrier, barrierId, cluster: deps.cluster }, states))) {
      throw new SupersededError("another owner claimed the ledger first");
    }
    const from = states === "reuse" ? (look.checkpoint?.offset ?? 0n) : 0n;
    const restored = await restoreLedger({ ledger, reader: deps.group.reader, shard, from, barrier, signal });
    const handedBack = await jobs.requeueAbandoned();
    const durationMs = deps.now() - startedAt;
    deps.shardMetrics.restoreSeconds.observe(durationMs / 1_000);
    deps.log.info(
      {
        event: "shard.owned",
        shard,
        states,
        from: String(from),
        barrier: String(barrier),
        restored,
        handedBack,
        durationMs,
      },
      "Owns a shard",
    );
    return { shard, publisher, ledger, jobs, claimed: { barrier, offset: barrier + 1n }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Whether the ledger's states come from this very log and only lack its end, or must be made anew. It is the same log if
 * the barrier of the last claim stands where the ledger says; a topic that was made anew, or a Redis from another
 * environment, fails that.
 */
async function validateCheckpoint(
  { cluster, group, log, onLedgerLoss }: OwnDeps,
  shard: number,
  publisher: ShardPublisher,
  { claimedBy, checkpoint, failedOver }: LedgerSnapshot,
  signal: AbortSignal,
): Promise<"reuse" | "rebuild"> {
  if (checkpoint === undefined) {
    if (publisher.barrier.offset > 0n) await onLedgerLoss();
    log.info({ event: "ledger.missing", shard, unreadable: claimedBy !== "" }, "Makes the ledger anew from Kafka");
    return "rebuild";
  }
  if (failedOver) {
    await onLedgerLoss();
    log.warn(
      { event: "ledger.taken_over", shard },
      "A replica of Redis has taken over; looks for messages it never got",
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
    // A claim from behind our barrier: by a later owner, who then has fenced us, or in a log that is no more.
    await publisher.prove();
  }
  if (found === barrierId) return "reuse";
  await onLedgerLoss();
  log.warn({ event: "ledger.foreign", shard }, "The ledger is of another log; makes it anew from Kafka");
  return "rebuild";
}
