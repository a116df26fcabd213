import type { ReconciliationContext, RunContext } from "../reconciliation-context.ts";
import { setTimeout as delay } from "node:timers/promises";
import { assertSameInstance, InstanceChangedError } from "../../clerk/client/clerk-instance.ts";
import { ClerkRequestError, isClerkOutage } from "../../clerk/client/clerk-errors.ts";
import type { RunRequest } from "./reconciliation-queue.ts";
import { RedisUnavailableError } from "../../queue/message-queues.ts";
import { createRunShards, LedgerIncompleteError } from "../run-shards.ts";
import { isComplete, skipIncomplete } from "./skip-incomplete.ts";
import { reconcileRecent } from "./reconcile-recent.ts";
import { allShards } from "../../domain/shard-of.ts";
import { noFindings } from "../compare/reconcile-page.ts";
import { type Sweep, sweepAll } from "./sweep-all.ts";

/** The result of a run. `lagMs`: the age of the oldest missed change; 0 when none was missed. */
export interface RunReport extends Sweep {
  readonly kind: "recent" | "full";
  readonly reason: string;
  readonly lagMs: number;
  readonly durationMs: number;
  /** Shards whose ledgers were incomplete. A later sweep compares them. */
  readonly skippedShards: readonly number[];
}

/**
 * Runs one reconciliation, counts it and logs one line. A run over the recent changes that cannot rely on them becomes a full sweep.
 * Throws when the run fails, also when the secret key belongs to another instance; the messages queued before are right, and another
 * run starts over.
 */
export async function runReconciliation(context: ReconciliationContext, request: RunRequest): Promise<RunReport> {
  const { now, metrics, log } = context;
  const startedAt = now();
  try {
    await assertSameInstance(context.clerkInstance);
    const runShards = createRunShards(await shardsOf(context, request));
    const run = { ...context, runShards };
    await skipIncompleteLedgers(run);
    const { kind, reason, ...sweep } = await runAsAsked(run, request);
    const endedAt = now();
    const { findings, withheld } = sweep;
    const lagMs = findings.oldestMissedAt === undefined ? 0 : Math.max(0, endedAt - findings.oldestMissedAt);
    const skippedShards = runShards.skipped();
    const report: RunReport = { kind, reason, ...sweep, lagMs, durationMs: endedAt - startedAt, skippedShards };
    await rememberRun(context, request, report, endedAt);
    metrics.runSeconds.observe({ kind }, report.durationMs / 1_000);
    metrics.compared.inc(findings.compared);
    for (const [what, count] of Object.entries(findings.found)) metrics.found.inc({ kind: what }, count);
    const { found, compared, inGracePeriod } = findings;
    const line = { kind, reason, compared, ...found, inGracePeriod, lagMs, startedAt, durationMs: report.durationMs };
    log.info({ event: "reconciliation.done", ...line }, "Compared Clerk with the published states");
    if (skippedShards.length > 0) {
      log.warn(
        { event: "reconciliation.shards_skipped", shards: skippedShards },
        "Shards whose ledgers are incomplete were not compared; a sweep follows as soon as they are complete",
      );
    }
    if (findings.unreadable.length > 0) {
      log.warn(
        { event: "reconciliation.users_unreadable", users: findings.unreadable, count: findings.found.unreadable },
        "Users of Clerk's cannot be parsed; they are dead letters",
      );
    }
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

async function rememberRun(
  { lastRuns }: ReconciliationContext,
  request: RunRequest,
  report: RunReport,
  endedAt: number,
) {
  const { kind, reason, findings, lagMs, durationMs, skippedShards } = report;
  const { compared, found } = findings;
  let { withheld } = report;
  // A sweep of some shards says nothing about the deletions that the last whole sweep withheld.
  if (kind === "full" && request.skippedOnly && withheld === 0) withheld = (await lastRuns.read()).full?.withheld ?? 0;
  const run = { endedAt, durationMs, reason, compared, found, lagMs, skippedShards: [...skippedShards], withheld };
  await lastRuns.write(kind, run);
}

async function runAsAsked(
  context: RunContext,
  { kind, reason, ...options }: RunRequest,
): Promise<Sweep & Pick<RunReport, "kind" | "reason">> {
  // An earlier sweep has compared the skipped shards.
  if (context.runShards.compared().length === 0) return { kind, reason, findings: noFindings(), withheld: 0 };
  if (kind === "full") return { kind, reason, ...(await sweepAll(context, options)) };
  const recent = await reconcileRecent(context);
  if (recent.outcome === "done") return { kind, reason, findings: recent.findings, withheld: 0 };
  return { kind: "full", reason: recent.outcome, ...(await sweepAll(context, options)) };
}

async function shardsOf({ shards, skippedShards }: ReconciliationContext, { skippedOnly }: RunRequest) {
  const all = allShards(shards);
  if (!skippedOnly) return all;
  const skipped = await skippedShards.read();
  return all.filter((shard) => skipped.includes(shard));
}

const completionTimeoutMs = 10_000;
const pollIntervalMs = 200;

/**
 * A worker that has just started, or whose ledger was lost, rebuilds the ledger from Kafka. The run waits for that, and then skips the
 * shards that take longer.
 */
async function skipIncompleteLedgers(context: RunContext): Promise<void> {
  const { runShards, now, signal } = context;
  const deadline = now() + completionTimeoutMs;
  for (const shard of runShards.compared()) {
    while (!(await isComplete(context, shard)) && now() <= deadline) await delay(pollIntervalMs, undefined, { signal });
  }
  await skipIncomplete(context);
  if (runShards.compared().length === 0 && runShards.skipped().length > 0)
    throw new LedgerIncompleteError(runShards.skipped());
}

function reasonOf(error: unknown): string {
  if (error instanceof ClerkRequestError) return "clerk_rejected";
  if (isClerkOutage(error)) return "clerk_unavailable";
  if (error instanceof InstanceChangedError) return "instance_changed";
  if (error instanceof LedgerIncompleteError) return "ledger_incomplete";
  if (error instanceof RedisUnavailableError) return "redis_unavailable";
  return "error";
}
