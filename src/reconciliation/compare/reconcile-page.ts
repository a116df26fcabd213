import type { RunContext } from "../reconciliation-context.ts";
import { comparePage, type Missed } from "./compare-page.ts";
import { queueMissed } from "./queue-missed.ts";
import type { UserPage } from "../paging/user-page-reader.ts";

/** The findings of a run so far. */
export interface Findings {
  compared: number;
  readonly found: Record<Missed["what"], number>;
  /** Ids of users that Clerk returned and that cannot be parsed; the first ones. */
  readonly unreadable: string[];
  /** Missed changes within the grace period, which are left to their webhooks. */
  inGracePeriod: number;
  /** The time of the oldest missed change, in ms by Clerk's clock. */
  oldestMissedAt: number | undefined;
}

export const noFindings = (): Findings => ({
  compared: 0,
  found: { created: 0, updated: 0, touched: 0, fields: 0, deleted: 0, unreadable: 0 },
  unreadable: [],
  inGracePeriod: 0,
  oldestMissedAt: undefined,
});

/** Compares a page with the ledgers, queues the missed changes and adds both to the findings. */
export async function reconcilePage(context: RunContext, page: UserPage, findings: Findings): Promise<void> {
  const { compared, missed } = await comparePage(context, page);
  // No webhook is on its way that would add a field to a user who has not changed.
  const isInGracePeriod = ({ what, changedAt }: Missed) =>
    what !== "fields" && changedAt !== undefined && changedAt > page.readAt - context.graceMs;
  const due = missed.filter((found) => !isInGracePeriod(found));
  await queueMissed(context, due);
  findings.compared += compared;
  findings.inGracePeriod += missed.length - due.length;
  for (const found of due) addFound(findings, found);
}

/** More would not fit into a log line. */
const maxUnreadable = 20;

export function addFound(findings: Findings, { userId, what, changedAt }: Missed): void {
  findings.found[what] += 1;
  if (what === "unreadable" && findings.unreadable.length < maxUnreadable) findings.unreadable.push(userId);
  const isChange = what === "created" || what === "updated";
  if (isChange && changedAt !== undefined) {
    findings.oldestMissedAt = Math.min(findings.oldestMissedAt ?? changedAt, changedAt);
  }
}
