import type { ReconciliationContext } from "../reconciliation-context.ts";
import { setTimeout as delay } from "node:timers/promises";
import { ClerkRequestError, isClerkOutage } from "../../clerk/client/clerk-errors.ts";
import type { RunRequest } from "./reconciliation-queue.ts";
import { RedisUnavailableError } from "../../queue/message-queues.ts";
import { LedgerIncompleteError } from "../compare/compare-page.ts";
import { reconcileRecent } from "./reconcile-recent.ts";
import { type Sweep, sweepAll } from "./sweep-all.ts";

/** The result of a run. `lagMs`: the age of the oldest missed change; 0 when none was missed. */
export interface RunReport extends Sweep {
  readonly kind: "recent" | "full";
  readonly reason: string;
  readonly lagMs: number;
  readonly durationMs: number;
}

/**
 * Runs one reconciliation, counts it and logs one line. A run over the recent changes that cannot rely on them becomes a full sweep.
 * Throws when the run fails; the messages queued before are right, and another run starts over.
 */
export async function runReconciliation(context: ReconciliationContext, request: RunRequest): Promise<RunReport> {
  const { now, metrics, log } = context;
  const startedAt = now();
  try {
    await waitForCompleteLedger(context);
    const { kind, reason, ...sweep } = await runAsAsked(context, request);
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
    const { found, compared, inGracePeriod } = findings;
    const line = { kind, reason, compared, ...found, inGracePeriod, lagMs, startedAt, durationMs: report.durationMs };
    log.info({ event: "reconciliation.done", ...line }, "Compared Clerk with the published states");
    if (withheld > 0) {
      log.error(
        { event: "reconciliation.deletions_withheld", missing: withheld },
        "Too many users are missing from Clerk; deletions withheld. Check that CLERK_SECRET_KEY belongs to the right instance; if it does: bridge reconcile --full --all-deletions",
      );
    }
    return report;
  } catch (error) {
    const reason = context.signal.aborted ? "stopped" : reasonOf(error);
    metrics.failures.inc({ reason });
    log.warn(
      { event: "reconciliation.failed", kind: request.kind, reason, durationMs: now() - startedAt, err: error },
      "A reconciliation failed and will be retried",
    );
    throw error;
  }
}

async function runAsAsked(
  context: ReconciliationContext,
  { kind, reason, allDeletions }: RunRequest,
): Promise<Sweep & Pick<RunReport, "kind" | "reason">> {
  if (kind === "full") return { kind, reason, ...(await sweepAll(context, allDeletions)) };
  const recent = await reconcileRecent(context);
  if (recent.outcome === "done") return { kind, reason, findings: recent.findings, withheld: 0 };
  return { kind: "full", reason: recent.outcome, ...(await sweepAll(context, allDeletions)) };
}

const completionTimeoutMs = 30_000;
const pollIntervalMs = 200;

/** A worker that has just started, or whose ledger was lost, rebuilds the ledger from Kafka. */
async function waitForCompleteLedger({ viewShard, shards, now, signal }: ReconciliationContext): Promise<void> {
  const deadline = now() + completionTimeoutMs;
  for (let shard = 0; shard < shards;) {
    const { complete } = await viewShard(shard).read([]);
    if (complete) shard += 1;
    else if (now() > deadline) throw new LedgerIncompleteError(`the ledger of shard ${shard} is not complete yet`);
    else await delay(pollIntervalMs, undefined, { signal });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ClerkRequestError) return "clerk_rejected";
  if (isClerkOutage(error)) return "clerk_unavailable";
  if (error instanceof LedgerIncompleteError) return "ledger_incomplete";
  if (error instanceof RedisUnavailableError) return "redis_unavailable";
  return "error";
}
