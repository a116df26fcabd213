import { setTimeout as delay } from "node:timers/promises";
import { parseChange } from "../../clerk/payloads/parse-change.ts";
import type { Snapshot } from "../../domain/change.ts";
import type { FollowFrom } from "../../kafka/consuming/follow-topic.ts";
import type { CompareDeps } from "./compare-page.ts";
import { compareViews, type Problem, type StoredView } from "./compare-views.ts";
import { maxIds, type UserPageReader, type UserPage } from "../paging/user-page-reader.ts";
import { iterateAllUsers } from "../paging/iterate-all-users.ts";
import { writeSnapshot } from "./write-message.ts";

export interface VerifyDeps extends CompareDeps {
  readonly shards: number;
  readonly readPage: UserPageReader;
  readonly readStateTable: (from: FollowFrom) => Promise<ReadonlyMap<string, StoredView>>;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface Difference {
  readonly userId: string;
  readonly problems: readonly Problem[];
}

export interface Verification {
  /** Users that each has, deleted ones left out. */
  readonly counts: { readonly clerk: number; readonly ledger: number; readonly kafka: number };
  readonly differences: readonly Difference[];
}

const looksAgain = 3;
const pollIntervalMs = 1_500;
/** Kafka's times are those of whoever wrote. */
const toleratedSkewMs = 60_000;

/**
 * Compares what Clerk, the ledger and the state topic say of every user. The three are read one after the other and users
 * change meanwhile, so whoever differs is looked at again, up to three times: only what stays is told. Holds all users
 * three times in memory.
 */
export async function verify(deps: VerifyDeps): Promise<Verification> {
  const startedAt = deps.now();
  const kafka = new Map(await deps.readStateTable("beginning"));
  const ledger = await scanLedger(deps);
  const clerk = new Map<string, Snapshot>();
  for await (const page of iterateAllUsers(deps.readPage)) addPage(clerk, page);
  const counts = { clerk: clerk.size, ledger: countPresent(ledger), kafka: countPresent(kafka) };

  const compare = (userIds: Iterable<string>): Difference[] =>
    Array.from(userIds, (userId) => ({
      userId,
      problems: compareViews(clerk.get(userId), ledger.get(userId), kafka.get(userId)),
    })).filter(({ problems }) => problems.length > 0);

  let differences = compare(new Set([...clerk.keys(), ...ledger.keys(), ...kafka.keys()]));
  for (let look = 0; look < looksAgain && differences.length > 0; look += 1) {
    await delay(pollIntervalMs, undefined, { signal: deps.signal });
    const userIds = differences.map(({ userId }) => userId);
    const since = await deps.readStateTable({ sinceMs: startedAt - toleratedSkewMs });
    for (const [userId, state] of since) kafka.set(userId, state);
    await readLedgerAgain(deps, userIds, ledger);
    await readClerkAgain(deps, userIds, clerk);
    differences = compare(userIds);
  }
  return { counts, differences };
}

async function scanLedger({ viewShard, shards }: VerifyDeps): Promise<Map<string, StoredView>> {
  const found = new Map<string, StoredView>();
  for (let shard = 0; shard < shards; shard += 1) {
    for await (const entries of viewShard(shard).scan()) {
      for (const { userId, state } of entries) found.set(userId, state ?? "unreadable");
    }
  }
  return found;
}

async function readLedgerAgain(
  { viewShard, shardOf }: VerifyDeps,
  userIds: readonly string[],
  ledger: Map<string, StoredView>,
): Promise<void> {
  for (const [shard, ids] of Map.groupBy(userIds, shardOf)) {
    const entries = await viewShard(shard).find(ids);
    for (const userId of ids) ledger.delete(userId);
    for (const { userId, state } of entries) ledger.set(userId, state ?? "unreadable");
  }
}

async function readClerkAgain(
  { readPage }: VerifyDeps,
  userIds: readonly string[],
  clerk: Map<string, Snapshot>,
): Promise<void> {
  for (let at = 0; at < userIds.length; at += maxIds) {
    const ids = userIds.slice(at, at + maxIds);
    const page = await readPage({ order: "none", ids });
    for (const userId of ids) clerk.delete(userId);
    addPage(clerk, page);
  }
}

/** A user whom nobody can read is not published either: it is among the dead letters, and here as if Clerk had none. */
function addPage(clerk: Map<string, Snapshot>, { users, readAt }: UserPage): void {
  for (const user of users) {
    const read = parseChange(writeSnapshot(user, "reconciliation", "user.updated", readAt));
    if (read.outcome === "read" && read.change.kind === "snapshot") clerk.set(user.id, read.change);
  }
}

const countPresent = (views: ReadonlyMap<string, StoredView>): number =>
  [...views.values()].filter((view) => typeof view === "object" && view.status === "present").length;
