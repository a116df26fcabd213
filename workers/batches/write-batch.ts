import { userIdOf } from "../../src/domain/change.ts";
import type { Decided } from "../../src/domain/decide-batch.ts";
import type { State } from "../../src/domain/state.ts";
import { lengthOf } from "../../src/domain/user.ts";
import { digestOfState, type EventRecord, type StateRecord } from "../../src/kafka/records/records.ts";
import type { LedgerApplied, LedgerConflict } from "../../src/ledger/shard-ledger.ts";
import type { OwnedShard, ShardContext } from "../context/shard-context.ts";

/** What one decision writes: the user's next state, and the event if there is one. */
export interface Write extends StateRecord {
  readonly event: EventRecord | undefined;
}

/** The decisions' writes, in the same order. Pure. */
export const writesOf = (decided: readonly Decided[]): Write[] =>
  decided.flatMap(({ change, message, decision }) => {
    if (!("next" in decision)) return [];
    const event: EventRecord | undefined =
      decision.outcome === "publish"
        ? {
            event: decision.event,
            origin: decision.origin,
            sequence: decision.next.sequence,
            svixId: message.source === "webhook" ? message.id : undefined,
            traceparent: message.traceparent,
          }
        : undefined;
    return [{ userId: userIdOf(change), state: decision.next, event }];
  });

/** The records of one transaction. */
interface Records {
  readonly events: readonly EventRecord[];
  readonly states: readonly StateRecord[];
}

/** `written`: all is committed; `applied` is the ledger's answer for the last part, which is still under way. */
type Written = {
  readonly outcome: "written";
  readonly transactionMs: number;
  readonly applied: Promise<LedgerApplied>;
};

/**
 * Commits a batch's writes to Kafka and applies each committed part to the ledger. The caller need not wait for the last
 * part to be applied, because that follows from the commit in any case. A ledger that refuses an earlier part ends the
 * batch: the rest is not written. Throws when the outcome of a transaction is unknown.
 */
export async function writeBatch(
  { now, atStep }: ShardContext,
  owned: OwnedShard,
  writes: readonly Write[],
): Promise<Written | LedgerConflict> {
  let transactionMs = 0;
  let applied: Promise<LedgerApplied> = Promise.resolve({ outcome: "applied" });
  for (const records of splitWrites(writes)) {
    const previous = await applied;
    if (previous.outcome !== "applied") return previous;
    const startedAt = now();
    const firstOffset = await owned.publisher.publish(records);
    transactionMs += now() - startedAt;
    await atStep("committed");
    applied = applyCommitted(owned, records.states, firstOffset);
  }
  return { outcome: "written", transactionMs, applied };
}

/**
 * An offset below the checkpoint means that Kafka has lost records that the ledger has, so the batch was decided on states that
 * Kafka does not know: the ledger counts as lost.
 */
async function applyCommitted(
  owned: OwnedShard,
  states: readonly StateRecord[],
  firstOffset: bigint,
): Promise<LedgerApplied> {
  const last = states.at(-1);
  if (last === undefined) return { outcome: "applied" };
  if (firstOffset < owned.claimed.offset) return { outcome: "lost" };
  const placed = states.map(({ userId, state }, index) => ({ userId, state, offset: firstOffset + BigInt(index) }));
  const offset = firstOffset + BigInt(placed.length);
  const result = await owned.ledger.apply(owned.claimed, { offset, last: digestOfState(last), states: placed });
  if (result.outcome === "applied") owned.claimed = { ...owned.claimed, offset };
  return result;
}

/** By default Kafka accepts 1 MB of records for a partition in one write; half of it leaves room for the estimate's error. */
const maxPartBytes = 500_000;
/** Ids, times, field names and headers of one record. */
const recordOverheadBytes = 800;
/** `\u0000` */
const maxCharacterBytes = 6;

/**
 * Splits a batch's writes into transactions that Kafka accepts; nearly always one. The order is kept. Each transaction
 * contains the state after every user's last event in it, so the batch may end after any of them. Pure.
 */
export function splitWrites(writes: readonly Write[]): Records[] {
  const parts: { events: EventRecord[]; states: Map<string, State> }[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let part: (typeof parts)[number] = { events: [], states: new Map() };
  for (const { userId, state, event } of writes) {
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
