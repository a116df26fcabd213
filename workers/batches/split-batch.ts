import type { State } from "../../src/domain/state.ts";
import { lengthOf } from "../../src/domain/user.ts";
import type { EventRecord, StateRecord } from "../../src/kafka/records/records.ts";

/** What one decided change writes: the user's state after it, and its event if it has one. */
export interface Move extends StateRecord {
  readonly event: EventRecord | undefined;
}

export interface BatchPart {
  readonly events: readonly EventRecord[];
  readonly states: readonly StateRecord[];
}

/** Kafka takes 1 MB of records for a partition in one write by default; half of it leaves room for what is estimated. */
const maxPartBytes = 500_000;
/** Ids, times, names of fields and headers of one record. */
const recordOverheadBytes = 800;
/** `\u0000` */
const maxCharacterBytes = 6;

/**
 * Splits what a batch writes into parts that Kafka takes, each a transaction of its own; nearly always one. The order
 * stays, and each part holds the state that its last event of a user left, so that the batch may end after any of them.
 */
export function splitBatch(moves: readonly Move[]): BatchPart[] {
  const parts: { events: EventRecord[]; states: Map<string, State> }[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let part: (typeof parts)[number] = { events: [], states: new Map() };
  for (const { userId, state, event } of moves) {
    const size = sizeOfState(state) + (event === undefined ? 0 : sizeOfEvent(event));
    if (bytes + size > maxPartBytes) {
      part = { events: [], states: new Map() };
      parts.push(part);
      bytes = 0;
    }
    if (event !== undefined) part.events.push(event);
    part.states.set(userId, state);
    bytes += size;
  }
  return parts.map(({ events, states }) => ({
    events,
    states: Array.from(states, ([userId, state]) => ({ userId, state })),
  }));
}

const sizeOf = (characters: number) => recordOverheadBytes + maxCharacterBytes * characters;

const sizeOfState = (state: State) => sizeOf(state.status === "present" ? lengthOf(state.user) : 0);

const sizeOfEvent = ({ event }: EventRecord) =>
  sizeOf(lengthOf(event.eventType === "user.updated" ? event.data.changes : event.data));
