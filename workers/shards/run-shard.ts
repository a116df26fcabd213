import { setTimeout as delay } from "node:timers/promises";
import type { ShardGroup } from "../../src/kafka/consuming/join-shard-group.ts";
import { FencedError } from "../../src/kafka/publishing/transaction-writer.ts";
import { StartUpError } from "../../src/shared/errors.ts";
import { drainShard, type DrainDeps } from "./drain-shard.ts";
import type { OwnedShard } from "../batches/owned-shard.ts";
import { type OwnDeps, ownShard } from "./own-shard.ts";
import type { ShardStatus } from "./shard-status.ts";
import { SupersededError } from "./restore-ledger.ts";

export interface RunDeps extends OwnDeps, Omit<DrainDeps, "onProgress"> {
  readonly group: Pick<ShardGroup, "reader" | "confirm">;
  /** Owning failed for a reason that trying again will not mend. */
  readonly onFatal: (error: Error) => void;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;

/**
 * Keeps one assigned shard going until the signal says it is no longer this worker's.
 *
 *     assigned ─▶ owning ─▶ draining ──signal──▶ released
 *                  ▲  │        │
 *                  │  └─error──┤ fenced, superseded, ledger lost, or any error
 *                  │           ▼
 *              confirming ◀─ dropped     jobs given back, publisher thrown away
 *
 * Dropped is never the end: what was in doubt is settled by owning the shard again, which finds the truth in Kafka. But
 * first the group must confirm that the shard is still ours, or two workers would fence each other in turn. After an error
 * it waits, too: 100, 200, 400 … 5,000 ms; a batch that went through starts that over.
 */
export async function runShard(deps: RunDeps, shard: number, status: ShardStatus, signal: AbortSignal): Promise<void> {
  let pauseMs = 0;
  const onProgress = () => {
    pauseMs = 0;
    status.markProgress();
  };
  while (!signal.aborted) {
    const drop = await holdShard(deps, shard, status, signal, onProgress);
    if (drop.reason === "released" || signal.aborted) return;
    status.dropped(drop.reason);
    deps.shardMetrics.drops.inc({ reason: drop.reason });
    deps.log.warn({ event: "shard.dropped", shard, reason: drop.reason, err: drop.error }, "Drops a shard");
    if (drop.reason === "error") pauseMs = Math.min(Math.max(firstPauseMs, pauseMs * 2), longestPauseMs);
    await delay(pauseMs, undefined, { signal }).catch(ignoreAbort);
    if (!(await confirmed(deps, shard, signal))) return;
  }
}

interface Drop {
  readonly reason: "released" | "superseded" | "lost" | "fenced" | "error";
  readonly error?: unknown;
}

async function holdShard(
  deps: RunDeps,
  shard: number,
  status: ShardStatus,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<Drop> {
  let owned: OwnedShard | undefined;
  try {
    status.enter("owning");
    owned = await ownShard(deps, shard, signal);
    status.enter("draining");
    const reason = await drainShard({ ...deps, onProgress }, owned, signal);
    if (reason === "lost") await deps.onLedgerLoss();
    return { reason };
  } catch (error) {
    if (error instanceof FencedError) return { reason: "fenced" };
    if (error instanceof SupersededError) return { reason: "superseded" };
    if (error instanceof StartUpError) deps.onFatal(error);
    return { reason: "error", error };
  } finally {
    status.enter("idle");
    await owned?.close();
  }
}

async function confirmed({ group, log }: RunDeps, shard: number, signal: AbortSignal): Promise<boolean> {
  try {
    if (await group.confirm(shard, signal)) return true;
    log.info({ event: "shard.not_ours", shard }, "Does not take the shard again: it is another's now");
  } catch (error) {
    ignoreAbort(error);
  }
  return false;
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}
