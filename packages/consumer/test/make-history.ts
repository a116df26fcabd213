import { headerNames, type UserEvent, type UserState } from "@clerk-kafka-bridge/events";
import fc from "fast-check";
import { v5 as uuid } from "uuid";
import type { PlacedRecord } from "../src/user-projection.ts";
import type { ProjectedUser } from "../src/user-store.ts";

const createdAt = "2026-01-31T09:30:00.000Z";
const namespace = "3f2c1a50-1111-5222-8333-444455556666";

export interface History {
  /** The records of the events topic, in order. */
  readonly events: readonly PlacedRecord[];
  /** The records of the state topic, in order, without the tombstones of users in `forgotten`. */
  readonly states: readonly PlacedRecord[];
  /** The users at the end. */
  readonly users: ReadonlyMap<string, ProjectedUser>;
}

const recordOf = (topic: string, offset: number, key: string, sequence: number, value: unknown): PlacedRecord => ({
  topic,
  partition: 0,
  offset,
  key,
  value: value === undefined ? null : JSON.stringify(value),
  headers: { [headerNames.sequence]: String(sequence), [headerNames.origin]: "webhook" },
});

export const eventRecord = (event: UserEvent, sequence: number, offset = 0): PlacedRecord =>
  recordOf("user.events", offset, event.data.id, sequence, event);

export const stateRecord = (state: UserState, sequence: number, offset = 0): PlacedRecord =>
  recordOf("user.state", offset, state.id, sequence, state);

/** What the bridge writes for a list of changes: `[user, text]` gives the user another name, and an empty text deletes the user. */
export function historyOf(changes: readonly (readonly [user: number, name: string])[], compacted = true): History {
  const events: PlacedRecord[] = [];
  const states: PlacedRecord[] = [];
  const users = new Map<string, ProjectedUser>();
  const sequences = new Map<string, number>();
  for (const [number, firstName] of changes) {
    const id = `user_${number}`;
    const known = users.get(id);
    if (firstName === "" && known === undefined) continue;
    const sequence = (sequences.get(id) ?? 0) + 1;
    sequences.set(id, sequence);
    const envelope = { eventId: uuid(`${id} ${sequence} ${firstName}`, namespace), timestamp: createdAt };
    const user = { id, firstName, lastName: "", username: "", emailAddress: [], role: "user" };
    const event = ((): UserEvent => {
      if (firstName === "") return { ...envelope, eventType: "user.deleted", data: { id, emailAddress: [] } };
      if (known === undefined) return { ...envelope, eventType: "user.created", data: user };
      return { ...envelope, eventType: "user.updated", data: { id, changes: { firstName } } };
    })();
    events.push(eventRecord(event, sequence, events.length));
    if (firstName === "") users.delete(id);
    else users.set(id, { ...user, createdAt });
    const state = firstName === "" ? undefined : { ...user, createdAt, updatedAt: createdAt };
    states.push(recordOf("user.state", states.length, id, sequence, state));
  }
  // Compaction keeps the last record of a key, and drops a tombstone after a while.
  const last = new Map(states.map((state) => [state.key, state]));
  const kept = compacted ? [...last.values()].filter(({ value }) => value !== null) : states;
  return { events, states: kept, users };
}

/** Up to 40 changes of up to 4 users; about a fifth are deletions. */
export const changesArbitrary = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom("", "Ada", "Grace", "Jean", "Edsger")),
  { minLength: 1, maxLength: 40 },
);
