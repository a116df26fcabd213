import type { ParsedEvent, UserState } from "@clerk-kafka-bridge/events";
import { isDeepStrictEqual } from "node:util";
import type { ProjectedUser, StoredUser } from "./user-store.ts";

export type EventDecision =
  /** The event follows the row directly. */
  | { readonly outcome: "applied"; readonly next: StoredUser }
  /** The row contains exactly this event. */
  | { readonly outcome: "duplicate" }
  /** The row contains a later event of the user. */
  | { readonly outcome: "outdated" }
  /**
   * Something is missing between row and event, or (`rewritten`) Kafka now has another event at the row's sequence: the row holds
   * an event that was aborted, or that Kafka lost.
   */
  | { readonly outcome: "gap"; readonly reason: "missing" | "rewritten"; readonly expected: number };

/** What an event does to the row of its user. */
export function decideEvent(row: StoredUser | undefined, parsed: ParsedEvent): EventDecision {
  const known = row?.sequence ?? 0;
  if (parsed.sequence < known) return { outcome: "outdated" };
  if (parsed.sequence > known + 1) return { outcome: "gap", reason: "missing", expected: known + 1 };
  if (parsed.sequence === known + 1) return { outcome: "applied", next: rowAfter(row, parsed) };
  if (row?.eventId === undefined || row.eventId === parsed.eventId) return { outcome: "duplicate" };
  return { outcome: "gap", reason: "rewritten", expected: known + 1 };
}

function rowAfter(row: StoredUser | undefined, { event, userId, sequence, eventId }: ParsedEvent): StoredUser {
  return { userId, sequence, eventId, user: userAfter(row?.user, event) };
}

function userAfter(user: ProjectedUser | undefined, event: ParsedEvent["event"]): ProjectedUser | undefined {
  switch (event.eventType) {
    case "user.created":
      return { ...event.data, createdAt: event.timestamp };
    case "user.updated":
      // A row that a resync found deleted may still get the last events of that life.
      return user === undefined ? undefined : Object.assign({ ...user }, event.data.changes);
    case "user.deleted":
      return undefined;
  }
}

/**
 * The row after a gap that a complete read of the state topic, begun after the event was read, did not close. The user is in that
 * topic no more: it was deleted, and compaction has removed the tombstone. Undefined when the row has a living user: then events
 * and states contradict each other.
 */
export const rowOfForgottenUser = (
  row: StoredUser | undefined,
  { userId, sequence, eventId }: ParsedEvent,
): StoredUser | undefined => (row?.user === undefined ? { userId, sequence, eventId, user: undefined } : undefined);

/** The row after a record of the state topic; undefined when nothing changes. With `force`, the record counts whatever the row's sequence. */
export function decideState(
  row: StoredUser | undefined,
  state: { readonly userId: string; readonly sequence: number; readonly user: UserState | undefined },
  force: boolean,
): StoredUser | undefined {
  const { userId, sequence } = state;
  const known = row?.sequence ?? 0;
  // A tombstone of another program has no sequence. It deletes the user that is known.
  const reached = sequence === 0 ? known : sequence;
  if (reached < known && !force) return undefined;
  const user = state.user === undefined ? undefined : withoutUpdateTime(state.user);
  if (row !== undefined && reached === known && isDeepStrictEqual(row.user, user)) return undefined;
  return { userId, sequence: reached, eventId: undefined, user };
}

function withoutUpdateTime(state: UserState): ProjectedUser {
  const { updatedAt: _, ...user } = state;
  return user;
}
