import type { Snapshot } from "../../domain/change.ts";
import { compareSnapshots, overrulesFuture, type State } from "../../domain/state.ts";
import { differingFields } from "../../domain/user.ts";
import type { ComparisonContext, RunContext } from "../reconciliation-context.ts";
import { parseChange } from "../../clerk/payloads/parse-change.ts";
import { type Addressed, writeSnapshot } from "./queue-missed.ts";
import type { ListedUser, UserPage } from "../paging/user-page-reader.ts";

/**
 * A change in Clerk that the bridge has not published. `touched`: a newer version of the same content. `fields`: the same user, published
 * with other optional fields than `EVENT_FIELDS` names now.
 */
export type MissedChange = "created" | "updated" | "touched" | "fields";

/**
 * The change of a user in Clerk that the ledger lacks; undefined when the ledger is as new or newer. A deleted user lacks nothing,
 * because a list can be older than a deletion, and a deletion is final. A state whose version lies in the future is overruled. Pure.
 */
export function findMissedChange(state: State | undefined, snapshot: Snapshot): MissedChange | undefined {
  if (state === undefined) return "created";
  if (state.status === "deleted") return undefined;
  const overrules = overrulesFuture(snapshot, state, snapshot.readAt);
  if (!overrules && compareSnapshots(snapshot, state) <= 0) return undefined;
  const differing = differingFields(state.user, snapshot.user);
  if (differing.some((field) => field in state.user === field in snapshot.user)) return "updated";
  if (differing.length > 0) return "fields";
  return overrules || snapshot.version > state.version ? "touched" : undefined;
}

/** `unreadable`: Clerk returned something that is no user. Its message takes the normal path and becomes a dead letter. */
export interface Missed extends Addressed {
  readonly what: MissedChange | "unreadable" | "deleted";
  /** By Clerk's clock, in ms; undefined when unknown. */
  readonly changedAt: number | undefined;
}

/** Finds the changes of a page's users that their ledgers lack. Skips the users of shards whose ledgers are incomplete. */
export async function comparePage(context: RunContext, { users, readAt }: UserPage): Promise<PageComparison> {
  const { shardOf, runShards } = context;
  const isCompared = ({ id }: ListedUser) => runShards.compares(shardOf(id));
  const { incomplete, states } = await readStates(context, users.filter(isCompared), (error, shard) =>
    context.log.debug({ event: "reconciliation.ledger_unreadable", shard, err: error }),
  );
  for (const shard of incomplete) runShards.skip(shard);
  const compared = users.filter(isCompared);
  const missed = compared.flatMap((user): Missed[] => {
    const state = states.get(user.id);
    const message = writeSnapshot(
      user,
      "reconciliation",
      state === undefined ? "user.created" : "user.updated",
      readAt,
    );
    const read = parseChange(message, context.eventFields);
    const isSnapshot = read.outcome === "read" && read.change.kind === "snapshot";
    const what = isSnapshot ? findMissedChange(state, read.change) : "unreadable";
    return what === undefined ? [] : [{ userId: user.id, message, what, changedAt: user.updatedAt }];
  });
  return { compared: compared.length, missed };
}

interface PageComparison {
  /** The number of users in shards that were not skipped. */
  readonly compared: number;
  readonly missed: readonly Missed[];
}

/**
 * The states of listed users from the ledgers of their shards, and the shards whose ledgers are incomplete. A ledger that cannot be read
 * counts as incomplete, unless `onUnreadable` throws.
 */
export async function readStates(
  { viewShard, shardOf }: ComparisonContext,
  users: readonly Pick<ListedUser, "id">[],
  onUnreadable: (error: unknown, shard: number) => void,
): Promise<{ incomplete: readonly number[]; states: ReadonlyMap<string, State> }> {
  const incomplete: number[] = [];
  const states = new Map<string, State>();
  const readShard = async (shard: number, ids: readonly string[]) => {
    try {
      const read = await viewShard(shard).read(ids);
      if (!read.complete) incomplete.push(shard);
      for (const [userId, state] of read.states) states.set(userId, state);
    } catch (error) {
      onUnreadable(error, shard);
      incomplete.push(shard);
    }
  };
  const byShard = Map.groupBy(users, ({ id }) => shardOf(id));
  await Promise.all(
    [...byShard].map(([shard, ofShard]) =>
      readShard(
        shard,
        ofShard.map(({ id }) => id),
      ),
    ),
  );
  return { incomplete, states };
}
