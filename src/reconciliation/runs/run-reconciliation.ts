import { setTimeout as delay } from "node:timers/promises";
import { ClerkRequestError, isClerkOutage } from "../../clerk/client/clerk-errors.ts";
import type { Logger } from "../../shared/logger.ts";
import type { RunRequest } from "./reconciliation-queue.ts";
import { RedisUnavailableError } from "../../queue/message-queues.ts";
import { LedgerIncompleteError } from "../compare/compare-page.ts";
import type { ReconciliationMetrics } from "../reconciliation-metrics.ts";
import { reconcileRecent } from "./reconcile-recent.ts";
import { type Sweep, sweepAll, type SweepDeps } from "./sweep-all.ts";

export interface RunDeps extends SweepDeps {
  readonly metrics: ReconciliationMetrics;
  readonly log: Logger;
}

/** What a run did. `lagMs`: how old the oldest missed change was; 0 when none was missed. */
export interface RunReport extends Sweep {
  readonly kind: "recent" | "full";
  readonly reason: string;
  readonly lagMs: number;
  readonly durationMs: number;
}

/**
 * Runs one reconciliation, counts it and writes its one line. One over the recent changes that cannot do with them becomes
 * a full sweep. Throws when it could not be done; what it queued before is right, and another run starts over.
 */
export async function runReconciliation(deps: RunDeps, request: RunRequest): Promise<RunReport> {
  const { now, metrics, log } = deps;
  const startedAt = now();
  try {
    await waitForWholeLedger(deps);
    const { kind, reason, ...sweep } = await runAsAsked(deps, request);
    const endedAt = now();
    const { findings, withheld } = sweep;
    const lagMs = findings.oldestMissedAt === undefined ? 0 : Math.max(0, endedAt - findings.oldestMissedAt);
    const report: RunReport = { kind, reason, ...sweep, lagMs, durationMs: endedAt - startedAt };
    metrics.lastRun.set({ kind }, endedAt / 1_000);
    metrics.runSeconds.observe({ kind }, report.durationMs / 1_000);
    metrics.compared.inc(findings.compared);
    for (const [what, count] of Object.entries(findings.found)) metrics.found.inc({ kind: what }, count);
    metrics.lagSeconds.set(lagMs / 1_000);
    if (kind === "full") metrics.withheld.set(withheld);
    const { found, compared, young } = findings;
    const line = { kind, reason, compared, ...found, young, lagMs, startedAt, durationMs: report.durationMs };
    log.info({ event: "reconciliation.done", ...line }, "Compared Clerk with what was published");
    if (withheld > 0) {
      log.error(
        { event: "reconciliation.deletions_withheld", missing: withheld },
        "So many users are missing in Clerk that none is published as deleted. Is CLERK_SECRET_KEY of the right instance? If it is: bridge reconcile --full --all-deletions",
      );
    }
    return report;
  } catch (error) {
    const reason = deps.signal.aborted ? "stopped" : reasonOf(error);
    metrics.failures.inc({ reason });
    log.warn(
      { event: "reconciliation.failed", kind: request.kind, reason, durationMs: now() - startedAt, err: error },
      "A reconciliation failed; it is tried again",
    );
    throw error;
  }
}

async function runAsAsked(
  deps: RunDeps,
  { kind, reason, allDeletions }: RunRequest,
): Promise<Sweep & Pick<RunReport, "kind" | "reason">> {
  if (kind === "full") return { kind, reason, ...(await sweepAll(deps, allDeletions)) };
  const recent = await reconcileRecent(deps);
  if (recent.outcome === "done") return { kind, reason, findings: recent.findings, withheld: 0 };
  return { kind: "full", reason: recent.outcome, ...(await sweepAll(deps, allDeletions)) };
}

const wholeWithinMs = 30_000;
const pollIntervalMs = 200;

/** A worker that has just started, or lost its ledger, is about to make it from Kafka. */
async function waitForWholeLedger({ viewShard, shards, now, signal }: RunDeps): Promise<void> {
  const deadline = now() + wholeWithinMs;
  for (let shard = 0; shard < shards;) {
    const { complete } = await viewShard(shard).read([]);
    if (complete) shard += 1;
    else if (now() > deadline) throw new LedgerIncompleteError(`the ledger of shard ${shard} is not made yet`);
    else await delay(pollIntervalMs, undefined, { signal });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ClerkRequestError) return "clerk_rejected";
  if (isClerkOutage(error)) return "clerk_unavailable";
  if (error instanceof LedgerIncompleteError) return "ledger_not_whole";
  if (error instanceof RedisUnavailableError) return "redis_unavailable";
  return "error";
}
