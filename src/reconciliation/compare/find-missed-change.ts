import type { Snapshot } from "../../domain/change.ts";
import { compareSnapshots, type State } from "../../domain/state.ts";
import { contentOf } from "../../domain/user.ts";

/** What became of a user in Clerk that the bridge has not published. `touched`: a newer version of the same content. */
export type MissedChange = "created" | "updated" | "touched";

/**
 * What the ledger misses of a user whom Clerk has; undefined when it knows as much, or more. A user whom it knows to be
 * deleted is known: a list may be older than a deletion, and a deletion is final. Pure.
 */
export function findMissedChange(state: State | undefined, snapshot: Snapshot): MissedChange | undefined {
  if (state === undefined) return "created";
  if (state.status === "deleted" || compareSnapshots(snapshot, state) <= 0) return undefined;
  if (contentOf(snapshot.user) !== contentOf(state.user)) return "updated";
  return snapshot.version > state.version ? "touched" : undefined;
}
