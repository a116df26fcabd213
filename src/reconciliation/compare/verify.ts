import { setTimeout as delay } from "node:timers/promises";
import {
  type AddView,
  collectAgain,
  collectViews,
  combineViews,
  type VerificationContext,
  viewSchema,
} from "./collect-views.ts";
import { compareViews, type Problem, type StoredView, type UserViews } from "./compare-views.ts";
import { openUserFiles } from "../../shared/user-files.ts";

export interface Difference {
  readonly userId: string;
  readonly problems: readonly Problem[];
}

export interface Verification {
  /** The number of users of each, without deleted users. */
  readonly counts: { readonly clerk: number; readonly ledger: number; readonly kafka: number };
  /** At most {@link maxDifferences}. */
  readonly differences: readonly Difference[];
  /** The number of further users that differed. They were not read again. */
  readonly furtherDifferences: number;
  /** Users of Clerk's that cannot be parsed, each with the reason. They were not compared, and are not published. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** Users that are read again. More differences than this have one cause, and naming them helps no operator. */
const maxDifferences = 10_000;
const recheckLimit = 3;
const pollIntervalMs = 1_500;
/** The timestamps in Kafka come from the writers' clocks. */
const toleratedSkewMs = 60_000;

/**
 * Compares Clerk, the ledger with its index, and the state topic for every user. They are read one after the other, and users change in
 * between, so a user that differs is read again up to three times. Only a difference that stays is reported. The memory that it takes
 * does not grow with the number of users: what was read waits in temporary files.
 */
export async function verify(context: VerificationContext): Promise<Verification> {
  const startedAt = context.now();
  await using files = openUserFiles((json) => viewSchema.parse(json));
  await collectViews(context, files.add);

  const counts = { clerk: 0, ledger: 0, kafka: 0 };
  const unreadable = new Map<string, string>();
  let differing = new Map<string, UserViews>();
  let furtherDifferences = 0;
  for await (const group of files.groups()) {
    for (const [userId, added] of group) {
      const views = combineViews(added);
      if (views.clerk !== undefined) counts.clerk += 1;
      if (isPresent(views.ledger)) counts.ledger += 1;
      if (isPresent(views.kafka)) counts.kafka += 1;
      if (views.unreadable !== undefined) unreadable.set(userId, views.unreadable);
      else if (compareViews(views).length > 0) {
        if (differing.size < maxDifferences) differing.set(userId, views);
        else furtherDifferences += 1;
      }
    }
  }
  for (let recheck = 0; recheck < recheckLimit && differing.size > 0; recheck += 1) {
    await delay(pollIntervalMs, undefined, { signal: context.signal });
    differing = await readAgain(context, differing, startedAt - toleratedSkewMs);
  }
  const differences = [...differing].map(([userId, views]) => ({ userId, problems: compareViews(views) }));
  return { counts, differences, furtherDifferences, unreadable };
}

/** Those of the users that still differ. */
async function readAgain(
  context: VerificationContext,
  differing: ReadonlyMap<string, UserViews>,
  sinceMs: number,
): Promise<Map<string, UserViews>> {
  const found = new Map<string, Parameters<AddView>[1][]>();
  await collectAgain(context, differing, sinceMs, async (userId, view) => {
    const views = found.get(userId) ?? [];
    views.push(view);
    found.set(userId, views);
  });
  const again = [...differing.keys()].map((userId) => [userId, combineViews(found.get(userId) ?? [])] as const);
  return new Map(again.filter(([, views]) => views.unreadable === undefined && compareViews(views).length > 0));
}

const isPresent = (view: StoredView) => typeof view === "object" && view.status === "present";
