import { z } from "zod";
import type { Snapshot } from "./change.ts";
import { contentOf, userSchema } from "./user.ts";

const count = z.number().int().nonnegative();

const presentStateSchema = z.object({
  status: z.literal("present"),
  user: userSchema,
  createdAt: count,
  version: count,
  readAt: count,
  sequence: count,
});

/** Contains no data of the user, and nothing that depends on which deletion came first: all deletions of a user are equal. */
const deletedStateSchema = z.object({ status: z.literal("deleted"), sequence: count });

/** The last published snapshot of one user. `sequence` counts the user's events: 1, 2, 3 … Times are as in {@link Snapshot}. */
export const stateSchema = z.discriminatedUnion("status", [presentStateSchema, deletedStateSchema]);
export type State = Readonly<z.infer<typeof stateSchema>>;
export type PresentState = Readonly<z.infer<typeof presentStateSchema>>;

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
