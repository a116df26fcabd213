import { userSchema } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import type { Snapshot } from "./change.ts";
import { contentOf } from "./user.ts";

const count = z.number().int().nonnegative();

const presentStateSchema = z.object({
  status: z.literal("present"),
  user: userSchema,
  createdAt: count,
  version: count,
  readAt: count,
  sequence: count,
  /** When an operator restored the user after a wrong deletion. Makes the id of the next deletion differ from the last one's. */
  restoredAt: count.optional(),
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

/** The clocks of Clerk and of the bridge may differ by this much. */
const toleratedSkewMs = 3_600_000;

/**
 * Whether a snapshot that the bridge read from Clerk's API replaces a state whose version lies in the future. Such a version is an
 * error, and every later change would be stale for as long as it lies ahead. What Clerk says counts then, whatever the versions.
 * `now`: in ms by our clock.
 */
export const overrulesFuture = (
  change: Pick<Snapshot, "version" | "readAt">,
  state: Pick<PresentState, "version">,
  now: number,
): boolean => change.readAt > 0 && isInFuture(state.version, now) && !isInFuture(change.version, now);

const isInFuture = (version: number, now: number) => version > now + toleratedSkewMs;
