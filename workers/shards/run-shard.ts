import { setTimeout as delay } from "node:timers/promises";
import { explainKafkaError, kafkaReason } from "../../src/kafka/client/explain-error.ts";
import { FencedError } from "../../src/kafka/publishing/transaction-writer.ts";
import { backoffDelayMs } from "../../src/shared/backoff.ts";
import { StartUpError } from "../../src/shared/errors.ts";
import type { OwnedShard, ShardContext } from "../context/shard-context.ts";
import { drainShard } from "./drain-shard.ts";
import { ownShard, SupersededError } from "./own-shard.ts";
import type { ShardStatus } from "./shard-status.ts";

const backoff = { firstDelayMs: 100, maxDelayMs: 5_000 };

/**
 * Owns and drains one assigned shard until the signal says that it is no longer this worker's.
 *
 *     assigned ─▶ owning ─▶ draining ──signal──▶ released
 *                  ▲  │        │
 *                  │  └─error──┤ fenced, superseded, ledger lost, or any error
 *                  │           ▼
 *              confirming ◀─ dropped     jobs released, publisher discarded
 *
 * A dropped shard is always owned again. That re-reads the committed state from Kafka, which settles any unknown outcome.
 * The group must first confirm that the shard is still this worker's; otherwise two workers would fence each other in
 * turn. After an error the loop also waits, with a backoff that progress resets.
 */
export async function runShard(
  context: ShardContext,
  shard: number,
  status: ShardStatus,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  const onProgress = () => {
    failures = 0;
    status.markProgress();
  };
  while (!signal.aborted) {
    const drop = await ownAndDrain(context, shard, status, signal, onProgress);
    if (drop.reason === "released" || signal.aborted) return;
    status.markDropped(drop.error === undefined ? drop.reason : kafkaReason(drop.error));
    context.metrics.drops.inc({ reason: drop.reason });
    context.log.warn({ event: "shard.dropped", shard, reason: drop.reason, err: drop.error }, "Shard dropped");
    if (drop.reason === "error") failures += 1;
    await delay(backoffDelayMs(backoff, failures), undefined, { signal }).catch(ignoreAbort);
    if (!(await isStillAssigned(context, shard, signal))) return;
  }
}

interface Drop {
  readonly reason: "released" | "superseded" | "lost" | "fenced" | "error";
  readonly error?: unknown;
}

async function ownAndDrain(
  context: ShardContext,
  shard: number,
  status: ShardStatus,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<Drop> {
  let owned: OwnedShard | undefined;
  try {
    status.enter("owning");
    owned = await ownShard(context, shard, signal);
    status.enter("draining");
    context.metrics.owned.inc();
    const reason = await drainShard(context, owned, signal, onProgress);
    if (reason === "lost") await context.onLedgerLoss();
    return { reason };
  } catch (error) {
    if (error instanceof FencedError) return { reason: "fenced" };
    if (error instanceof SupersededError) return { reason: "superseded" };
    const fatal = error instanceof StartUpError ? error : explainKafkaError(error);
    if (fatal !== undefined) context.onFatal(fatal);
    return { reason: "error", error };
  } finally {
    status.enter("idle");
    if (owned !== undefined) context.metrics.owned.dec();
    await owned?.close();
  }
}

async function isStillAssigned({ group, log }: ShardContext, shard: number, signal: AbortSignal): Promise<boolean> {
  try {
    if (await group.confirm(shard, signal)) return true;
    log.info({ event: "shard.not_ours", shard }, "Shard is assigned to another worker");
  } catch (error) {
    ignoreAbort(error);
  }
  return false;
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}
