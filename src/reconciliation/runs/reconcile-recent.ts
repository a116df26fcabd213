import type { RunContext } from "../reconciliation-context.ts";
import { type Findings, noFindings, reconcilePage } from "../compare/reconcile-page.ts";
import { rememberSkipped } from "./skip-incomplete.ts";
import { iterateRecentUsers } from "../paging/iterate-users.ts";

/** `page_limit`, `no_watermark`: only a full sweep can find the missed changes. */
export type RecentRun =
  | { readonly outcome: "done"; readonly findings: Findings }
  | { readonly outcome: "page_limit" | "no_watermark" };

/**
 * Compares the users that changed since the last run, newest first, and queues missed changes. It does not find deletions. The watermark
 * moves only after Redis has stored all messages. A bridge without any user begins with the overlap, and the backfill publishes
 * earlier users.
 */
export async function reconcileRecent(context: RunContext): Promise<RecentRun> {
  const startedAt = context.now();
  const watermark = await context.watermark.read();
  if (watermark === undefined && (await hasKnownUsers(context))) return { outcome: "no_watermark" };
  const findings = noFindings();
  const since = (watermark ?? startedAt) - context.overlapMs;
  const pages = iterateRecentUsers(context.readPage, since);
  let newest: number | undefined;
  for (;;) {
    const { value, done } = await pages.next();
    if (done === true) {
      if (value === "page_limit") return { outcome: "page_limit" };
      break;
    }
    newest ??= value.users[0]?.updatedAt;
    await reconcilePage(
      context,
      { ...value, users: value.users.filter(({ updatedAt }) => updatedAt >= since) },
      findings,
    );
  }
  await rememberSkipped(context);
  await context.watermark.write(watermarkOf(newest, startedAt, context.graceMs));
  return { outcome: "done", findings };
}

/**
 * The time up to which a run that started at `startedAt` has compared everything. Clerk's clock counts, and ours only when it is behind.
 * Changes within the grace period were left to their webhooks.
 */
export const watermarkOf = (newest: number | undefined, startedAt: number, graceMs: number): number =>
  Math.min(newest ?? startedAt, startedAt) - graceMs;

async function hasKnownUsers({ runShards, viewShard }: RunContext): Promise<boolean> {
  const counts = await Promise.all(runShards.compared().map((shard) => viewShard(shard).count()));
  return counts.some((count) => count > 0);
}
