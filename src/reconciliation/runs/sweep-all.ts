import type { RunContext } from "../reconciliation-context.ts";
import { confirmDeletions } from "../compare/confirm-deletions.ts";
import { type Findings, noFindings, reconcilePage } from "../compare/reconcile-page.ts";
import type { RunRequest } from "./reconciliation-queue.ts";
import { watermarkOf } from "./reconcile-recent.ts";
import { rememberSkipped, skipIncomplete } from "./skip-incomplete.ts";
import { iterateAllUsers } from "../paging/iterate-users.ts";

export interface Sweep {
  readonly findings: Findings;
  /** Users missing from Clerk's list whose deletions were withheld, because there are too many of them; usually 0. */
  readonly withheld: number;
}

type SweepOptions = Pick<RunRequest, "allDeletions" | "skippedOnly">;

/** This many users may always be missing, because a few users are a large share of a small instance. */
const alwaysAllowed = 10;

/**
 * Compares all users and finds deleted ones: users that were known before the list began and are not in it. Users that are created or
 * changed during the sweep therefore never count as deleted. Holds the ids of all known users in memory, about 100 bytes each.
 *
 * A list that lacks a large share of the known users more likely belongs to another instance (a wrong key) than to a mass deletion,
 * and a deletion is final. All deletions are then withheld until an operator requests them (`allDeletions`).
 */
export async function sweepAll(context: RunContext, { allDeletions, skippedOnly }: SweepOptions): Promise<Sweep> {
  const startedAt = context.now();
  const newest = await context.readPage({ order: "updated", offset: 0, limit: 1 });
  const unseen = await readKnownUsers(context);
  const known = unseen.size;
  const findings = noFindings();
  for await (const page of iterateAllUsers(context.readPage)) {
    await reconcilePage(context, page, findings);
    for (const { id } of page.users) unseen.delete(id);
  }
  const allowed = Math.max(alwaysAllowed, (known * context.maxDeletedPercent) / 100);
  const withheld = !allDeletions && unseen.size > allowed ? unseen.size : 0;
  if (withheld === 0) await confirmDeletions(context, unseen, findings);
  // The scan of a ledger that was lost during the sweep may have missed deletions.
  await skipIncomplete(context);
  await rememberSkipped(context);
  await context.skippedShards.remove(context.runShards.compared());
  // A sweep of some shards says nothing about the others.
  if (!skippedOnly) {
    await context.watermark.write(watermarkOf(newest.users[0]?.updatedAt, startedAt, context.graceMs));
    if (context.runShards.skipped().length === 0) await context.coverage.markFull(startedAt);
  }
  return { findings, withheld };
}

async function readKnownUsers({ viewShard, runShards }: RunContext): Promise<Set<string>> {
  const known = new Set<string>();
  for (const shard of runShards.compared()) {
    for await (const userIds of viewShard(shard).scanPresent()) for (const userId of userIds) known.add(userId);
  }
  return known;
}
