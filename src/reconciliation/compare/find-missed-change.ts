import type { Snapshot } from "../../domain/change.ts";
import { compareSnapshots, type State } from "../../domain/state.ts";
import { contentOf } from "../../domain/user.ts";

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
