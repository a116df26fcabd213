import type { OptionalField } from "@clerk-kafka-bridge/events";
import type { ComparisonContext } from "../reconciliation-context.ts";
import { setTimeout as delay } from "node:timers/promises";
import { parseChange } from "../../clerk/payloads/parse-change.ts";
import type { Snapshot } from "../../domain/change.ts";
import type { FollowFrom } from "../../kafka/consuming/follow-topic.ts";
import { compareViews, type Problem, type StoredView } from "./compare-views.ts";
import { maxIds, type UserPage } from "../paging/user-page-reader.ts";
import { iterateAllUsers } from "../paging/iterate-users.ts";
import { writeSnapshot } from "./queue-missed.ts";

export interface VerificationContext extends ComparisonContext {
  readonly readStateTable: (
    from: FollowFrom,
    onRead?: (states: number) => void,
  ) => Promise<ReadonlyMap<string, StoredView>>;
  /** Called with the number of states read so far, of Kafka, the ledger and Clerk together. */
  readonly onProgress?: (read: number) => void;
}

export interface Difference {
  readonly userId: string;
  readonly problems: readonly Problem[];
}

export interface Verification {
  /** The number of users of each, without deleted users. */
  readonly counts: { readonly clerk: number; readonly ledger: number; readonly kafka: number };
  readonly differences: readonly Difference[];
  /** Users of Clerk's that cannot be parsed, each with the reason. They were not compared, and are not published. */
  readonly unreadable: ReadonlyMap<string, string>;
}

const recheckLimit = 3;
const pollIntervalMs = 1_500;
/** The timestamps in Kafka come from the writers' clocks. */
const toleratedSkewMs = 60_000;

/**
 * Compares Clerk, the ledger and the state topic for every user. The three are read one after the other, and users change in between,
 * so a user that differs is read again up to three times. Only a difference that stays is reported. Holds all users three times
 * in memory.
 */
export async function verify(context: VerificationContext): Promise<Verification> {
  const startedAt = context.now();
  let read = 0;
  const count = (more: number) => {
    read += more;
    context.onProgress?.(read);
  };
  const kafka = new Map(await context.readStateTable("beginning", count));
  const ledger = await scanLedger(context, count);
  const clerk = new Map<string, Snapshot>();
  const unreadable = new Map<string, string>();
  for await (const page of iterateAllUsers(context.readPage)) {
    addPage(context.eventFields, clerk, unreadable, page);
    count(page.users.length);
  }
  const counts = { clerk: clerk.size, ledger: countPresent(ledger), kafka: countPresent(kafka) };

  const compare = (userIds: Iterable<string>): Difference[] =>
    Array.from(userIds, (userId) => ({
      userId,
      problems: compareViews(clerk.get(userId), ledger.get(userId), kafka.get(userId)),
    })).filter(({ problems }) => problems.length > 0);

  const known = new Set([...clerk.keys(), ...ledger.keys(), ...kafka.keys()]);
  let differences = compare([...known].filter((userId) => !unreadable.has(userId)));
  for (let recheck = 0; recheck < recheckLimit && differences.length > 0; recheck += 1) {
    await delay(pollIntervalMs, undefined, { signal: context.signal });
    const userIds = differences.map(({ userId }) => userId);
    const since = await context.readStateTable({ sinceMs: startedAt - toleratedSkewMs });
    for (const [userId, state] of since) kafka.set(userId, state);
    await readLedgerAgain(context, userIds, ledger);
    await readClerkAgain(context, userIds, clerk, unreadable);
    differences = compare(userIds);
  }
  return { counts, differences, unreadable };
}

async function scanLedger(
  { viewShard, shards }: VerificationContext,
  onRead: (entries: number) => void,
): Promise<Map<string, StoredView>> {
  const found = new Map<string, StoredView>();
  for (let shard = 0; shard < shards; shard += 1) {
    for await (const entries of viewShard(shard).scan()) {
      for (const { userId, state } of entries) found.set(userId, state ?? "unreadable");
      onRead(entries.length);
    }
  }
  return found;
}

async function readLedgerAgain(
  { viewShard, shardOf }: VerificationContext,
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
  { readPage, eventFields }: VerificationContext,
  userIds: readonly string[],
  clerk: Map<string, Snapshot>,
  unreadable: Map<string, string>,
): Promise<void> {
  for (let at = 0; at < userIds.length; at += maxIds) {
    const ids = userIds.slice(at, at + maxIds);
    const page = await readPage({ order: "none", ids });
    for (const userId of ids) clerk.delete(userId);
    addPage(eventFields, clerk, unreadable, page);
  }
}

/** A user that cannot be parsed is not published either: it is a dead letter. */
function addPage(
  eventFields: readonly OptionalField[],
  clerk: Map<string, Snapshot>,
  unreadable: Map<string, string>,
  { users, readAt }: UserPage,
): void {
  for (const user of users) {
    const read = parseChange(writeSnapshot(user, "reconciliation", "user.updated", readAt), eventFields);
    if (read.outcome === "malformed") unreadable.set(user.id, read.reason);
    else if (read.change.kind === "snapshot") clerk.set(user.id, read.change);
  }
}

const countPresent = (views: ReadonlyMap<string, StoredView>): number =>
  [...views.values()].filter((view) => typeof view === "object" && view.status === "present").length;
