import { comparePage, type CompareDeps, type Missed } from "./compare-page.ts";
import { queueMissed, type QueueMissedDeps } from "./queue-missed.ts";
import type { UserPage } from "../paging/user-page-reader.ts";

/** What a run has seen so far. */
export interface Findings {
  compared: number;
  readonly found: Record<Missed["what"], number>;
  /** Missed, but so young that their webhooks may still come: left alone. */
  young: number;
  /** When the oldest change that was missed happened, ms by Clerk's clock. */
  oldestMissedAt: number | undefined;
}

export const noFindings = (): Findings => ({
  compared: 0,
  found: { created: 0, updated: 0, touched: 0, deleted: 0, unreadable: 0 },
  young: 0,
  oldestMissedAt: undefined,
});

export interface ReconcilePageDeps extends CompareDeps, QueueMissedDeps {
  readonly graceMs: number;
}

/** Compares a page with the ledger, queues what is missed, and adds both to the findings. */
export async function reconcilePage(deps: ReconcilePageDeps, page: UserPage, findings: Findings): Promise<void> {
  const missed = await comparePage(deps, page);
  const due = missed.filter(({ changedAt }) => !(changedAt !== undefined && changedAt > page.readAt - deps.graceMs));
  await queueMissed(deps, due);
  findings.compared += page.users.length;
  findings.young += missed.length - due.length;
  for (const found of due) addFound(findings, found);
}

export function addFound(findings: Findings, { what, changedAt }: Missed): void {
  findings.found[what] += 1;
  const isChange = what === "created" || what === "updated";
  if (isChange && changedAt !== undefined) {
    findings.oldestMissedAt = Math.min(findings.oldestMissedAt ?? changedAt, changedAt);
  }
}
