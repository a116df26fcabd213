import type { UserReader } from "../../clerk/users/user-reader.ts";
import { confirmDeletions } from "../compare/confirm-deletions.ts";
import { type Findings, noFindings, reconcilePage } from "../compare/reconcile-page.ts";
import { type ReconcileDeps, watermarkOf } from "./reconcile-recent.ts";
import { iterateAllUsers } from "../paging/iterate-all-users.ts";

export interface SweepDeps extends ReconcileDeps {
  readonly readUser: UserReader;
  readonly maxDeletedPercent: number;
}

export interface Sweep {
  readonly findings: Findings;
  /** Users that Clerk's list did not show, and of whom nothing was published because they are so many; usually 0. */
  readonly withheld: number;
}

/** So many may always be missing: a few users of a small instance are a large part of it. */
const alwaysAllowed = 10;

/**
 * Compares all users, and finds those that are no more: who was known before the list was begun and is not in it. Users
 * that come or change meanwhile are therefore never taken for deleted. Holds the ids of all known users in memory, about
 * 100 bytes each.
 *
 * A list that lacks a large part of the known users is more likely that of another instance (a wrong key) than a mass
 * deletion, and a deletion is final: none is published then, until somebody asks for it (`allDeletions`).
 */
export async function sweepAll(deps: SweepDeps, allDeletions: boolean): Promise<Sweep> {
  const startedAt = deps.now();
  const newest = await deps.readPage({ order: "updated", offset: 0, limit: 1 });
  const unseen = await readKnownUsers(deps);
  const known = unseen.size;
  const findings = noFindings();
  for await (const page of iterateAllUsers(deps.readPage)) {
    await reconcilePage(deps, page, findings);
    for (const { id } of page.users) unseen.delete(id);
  }
  const allowed = Math.max(alwaysAllowed, (known * deps.maxDeletedPercent) / 100);
  const withheld = !allDeletions && unseen.size > allowed ? unseen.size : 0;
  if (withheld === 0) await confirmDeletions(deps, unseen, findings);
  await deps.watermark.write(watermarkOf(newest.users[0]?.updatedAt, startedAt, deps.graceMs));
  return { findings, withheld };
}

async function readKnownUsers({ viewShard, shards }: SweepDeps): Promise<Set<string>> {
  const known = new Set<string>();
  for (let shard = 0; shard < shards; shard += 1) {
    for await (const entries of viewShard(shard).scan()) {
      for (const { userId, state } of entries) if (state?.status === "present") known.add(userId);
    }
  }
  return known;
}
