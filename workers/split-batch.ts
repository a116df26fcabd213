import type { State } from "../src/events/state.ts";
import type { User } from "../src/events/user.ts";
import type { EventRecord, StateRecord } from "../src/kafka/records.ts";

export interface BatchPart {
  readonly events: readonly EventRecord[];
  readonly states: readonly StateRecord[];
}

/** Kafka takes 1 MB of records for a partition in one write by default; half of it leaves room for what is estimated. */
const maxPartBytes = 500_000;
/** Ids, times, names of fields and headers of one record. */
const recordOverheadBytes = 800;

/**
 * Splits what a batch writes into parts that Kafka takes, each a transaction of its own; nearly always one. A user's
 * events and state stay together and in order. Without a moved state there is no part.
 */
export function splitBatch(events: readonly EventRecord[], moved: ReadonlyMap<string, State>): BatchPart[] {
  const byUser = Map.groupBy(events, ({ event }) => event.data.id);
  const parts: { events: EventRecord[]; states: StateRecord[] }[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let part: (typeof parts)[number] = { events: [], states: [] };
  for (const [userId, state] of moved) {
    const ofUser = byUser.get(userId) ?? [];
    const size = (ofUser.length + 1) * (recordOverheadBytes + (state.status === "present" ? sizeOf(state.user) : 0));
    if (bytes + size > maxPartBytes) {
      part = { events: [], states: [] };
      parts.push(part);
      bytes = 0;
    }
    part.events.push(...ofUser);
    part.states.push({ userId, state });
    bytes += size;
  }
  return parts;
}

const sizeOf = (user: User) =>
  4 *
  [user.firstName, user.lastName, user.username, user.role, ...user.emailAddress].reduce(
    (sum, text) => sum + text.length,
    0,
  );
