import type { LedgerView } from "../../ledger/ledger-view.ts";
import type { UserPageReader } from "../paging/user-page-reader.ts";
import { type Findings, noFindings, reconcilePage, type ReconcilePageDeps } from "../compare/reconcile-page.ts";
import { iterateRecentUsers } from "../paging/iterate-recent-users.ts";
import type { Watermark } from "./watermark.ts";

export interface ReconcileDeps extends ReconcilePageDeps {
  readonly readPage: UserPageReader;
  readonly watermark: Watermark;
  readonly overlapMs: number;
  readonly now: () => number;
}

/** `too_far`, `no_watermark`: only a sweep of all users can say what was missed. */
export type RecentRun =
  | { readonly outcome: "done"; readonly findings: Findings }
  | { readonly outcome: "too_far" | "no_watermark" };

/**
 * Compares the users that changed since the last run, newest first, and queues what is missed. Deletions do not show here.
 * The watermark moves only when all of it is in Redis. A bridge that knows nobody yet begins with the overlap: the users
 * from before its time are the backfill's.
 */
export async function reconcileRecent(deps: ReconcileDeps): Promise<RecentRun> {
  const startedAt = deps.now();
  const watermark = await deps.watermark.read();
  if (watermark === undefined && (await knowsAnybody(deps))) return { outcome: "no_watermark" };
  const findings = noFindings();
  const since = (watermark ?? startedAt) - deps.overlapMs;
  const pages = iterateRecentUsers(deps.readPage, since);
  let newest: number | undefined;
  for (;;) {
    const { value, done } = await pages.next();
    if (done === true) {
      if (value === "too_far") return { outcome: "too_far" };
      break;
    }
    newest ??= value.users[0]?.updatedAt;
    await reconcilePage(deps, { ...value, users: value.users.filter(({ updatedAt }) => updatedAt >= since) }, findings);
  }
  await deps.watermark.write(watermarkOf(newest, startedAt, deps.graceMs));
  return { outcome: "done", findings };
}

/**
 * Up to when a run that began so has compared everything. Clerk's clock counts, ours only where it is behind; what is
 * younger than the grace was left alone.
 */
export const watermarkOf = (newest: number | undefined, startedAt: number, graceMs: number): number =>
  Math.min(newest ?? startedAt, startedAt) - graceMs;

async function knowsAnybody({ shards, viewShard }: ReconcileDeps): Promise<boolean> {
  const views: LedgerView[] = Array.from({ length: shards }, (_, shard) => viewShard(shard));
  const counts = await Promise.all(views.map((view) => view.count()));
  return counts.some((count) => count > 0);
}
