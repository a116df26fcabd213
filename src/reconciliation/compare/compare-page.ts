import type { Snapshot } from "../../domain/change.ts";
import { compareSnapshots, type State } from "../../domain/state.ts";
import { contentOf } from "../../domain/user.ts";
import type { ComparisonContext } from "../reconciliation-context.ts";
import { parseChange } from "../../clerk/payloads/parse-change.ts";
import { type Addressed, writeSnapshot } from "./queue-missed.ts";
import type { ListedUser, UserPage } from "../paging/user-page-reader.ts";

/** A change in Clerk that the bridge has not published. `touched`: a newer version of the same content. */
export type MissedChange = "created" | "updated" | "touched";

/**
 * The change of a user in Clerk that the ledger lacks; undefined when the ledger is as new or newer. A deleted user lacks nothing,
 * because a list can be older than a deletion, and a deletion is final. Pure.
 */
export function findMissedChange(state: State | undefined, snapshot: Snapshot): MissedChange | undefined {
  if (state === undefined) return "created";
  if (state.status === "deleted" || compareSnapshots(snapshot, state) <= 0) return undefined;
  if (contentOf(snapshot.user) !== contentOf(state.user)) return "updated";
  return snapshot.version > state.version ? "touched" : undefined;
}

/** `unreadable`: Clerk returned something that is no user. Its message takes the normal path and becomes a dead letter. */
export interface Missed extends Addressed {
  readonly what: MissedChange | "unreadable" | "deleted";
  /** By Clerk's clock, in ms; undefined when unknown. */
  readonly changedAt: number | undefined;
}

/** The ledger is being rebuilt from Kafka, so it does not show which users are missing. */
export class LedgerIncompleteError extends Error {
  override readonly name = "LedgerIncompleteError";
}

/** Finds the changes of a page's users that the ledger lacks. Throws {@link LedgerIncompleteError}. */
export async function comparePage(context: ComparisonContext, { users, readAt }: UserPage): Promise<Missed[]> {
  const { complete, states } = await readStates(context, users);
  if (!complete) throw new LedgerIncompleteError("the ledger is being rebuilt from Kafka");
  return users.flatMap((user) => {
    const state = states.get(user.id);
    const message = writeSnapshot(
      user,
      "reconciliation",
      state === undefined ? "user.created" : "user.updated",
      readAt,
    );
    const read = parseChange(message);
    const isSnapshot = read.outcome === "read" && read.change.kind === "snapshot";
    const what = isSnapshot ? findMissedChange(state, read.change) : "unreadable";
    return what === undefined ? [] : [{ userId: user.id, message, what, changedAt: user.updatedAt }];
  });
}

/** The states of listed users from the ledgers of their shards. `complete` when all of these ledgers are. */
export async function readStates(
  { viewShard, shardOf }: ComparisonContext,
  users: readonly Pick<ListedUser, "id">[],
): Promise<{ complete: boolean; states: ReadonlyMap<string, State> }> {
  const byShard = Map.groupBy(users, ({ id }) => shardOf(id));
  const read = await Promise.all(
    [...byShard].map(([shard, ofShard]) => viewShard(shard).read(ofShard.map(({ id }) => id))),
  );
  return {
    complete: read.every(({ complete }) => complete),
    states: new Map(read.flatMap(({ states }) => Array.from(states))),
  };
}
