import type { Snapshot } from "./change.ts";
import { contentOf, type User } from "./user.ts";

/** The last published snapshot of one user. `sequence` counts the user's events: 1, 2, 3 … */
export type State = PresentState | DeletedState;

export interface PresentState {
  readonly status: "present";
  readonly user: User;
  readonly createdAt: number;
  readonly version: number;
  readonly readAt: number;
  readonly sequence: number;
}

/** Contains no data of the user, and nothing that depends on which deletion came first: all deletions of a user are equal. */
interface DeletedState {
  readonly status: "deleted";
  readonly sequence: number;
}

/**
 * The total order of a user's snapshots: by version, then by the time at which the bridge read them from Clerk's API,
 * then by content. Returns 0 only for the same snapshot. The state is the greatest snapshot seen, so the order of arrival
 * does not matter (docs/adr/0001).
 */
export function compareSnapshots(
  a: Pick<Snapshot, "version" | "readAt" | "user">,
  b: Pick<Snapshot, "version" | "readAt" | "user">,
): number {
  if (a.version !== b.version) return a.version - b.version;
  if (a.readAt !== b.readAt) return a.readAt - b.readAt;
  const [contentA, contentB] = [contentOf(a.user), contentOf(b.user)];
  if (contentA === contentB) return 0;
  return contentA < contentB ? -1 : 1;
}
