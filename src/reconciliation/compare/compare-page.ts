import { parseChange } from "../../clerk/payloads/parse-change.ts";
import type { State } from "../../domain/state.ts";
import type { LedgerView } from "../../ledger/ledger-view.ts";
import { findMissedChange, type MissedChange } from "./find-missed-change.ts";
import type { Addressed } from "./queue-missed.ts";
import type { ListedUser, UserPage } from "../paging/user-page-reader.ts";
import { writeSnapshot } from "./write-message.ts";

export interface CompareDeps {
  readonly viewShard: (shard: number) => LedgerView;
  readonly shardOf: (userId: string) => number;
}

/** `unreadable`: Clerk gave something that is no user; its message goes the normal way, to the dead letters. */
export interface Missed extends Addressed {
  readonly what: MissedChange | "unreadable" | "deleted";
  /** By Clerk's clock, ms; undefined where nobody knows. */
  readonly changedAt: number | undefined;
}

/** The ledger is being made from Kafka, so that it says nothing of who is missing in it. */
export class LedgerIncompleteError extends Error {
  override readonly name = "LedgerIncompleteError";
}

/** What the ledger misses of the users of a page. Throws {@link LedgerIncompleteError}. */
export async function comparePage(deps: CompareDeps, { users, readAt }: UserPage): Promise<Missed[]> {
  const { complete, states } = await readStates(deps, users);
  if (!complete) throw new LedgerIncompleteError("the ledger is being made from Kafka");
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

/** The states of listed users, from the ledgers of all their shards; `complete` when each of these is. */
export async function readStates(
  { viewShard, shardOf }: CompareDeps,
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
