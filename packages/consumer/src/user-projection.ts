import { type KafkaRecord, type ParsedEvent, parseUserEvent, parseUserState } from "@clerk-kafka-bridge/events";
import { decideEvent, decideState, rowOfForgottenUser } from "./decide.ts";
import { ConcurrentWriteError, type StoredUser, type UserStore, type UserTransaction } from "./user-store.ts";

/** A record with its place in Kafka. */
export interface PlacedRecord extends KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string | bigint | number;
}

export type ApplyOutcome =
  /** `applied`: the event changed its row. `duplicate` and `outdated`: the row contains the event already. */
  | { readonly outcome: "applied" | "duplicate" | "outdated"; readonly parsed: ParsedEvent }
  /** Events of this user are missing: nothing was changed. {@link UserProjection.resync} closes the gap. */
  | {
      readonly outcome: "gap";
      readonly reason: "missing" | "rewritten";
      /** The sequence that would have followed the row. */
      readonly expected: number;
      readonly parsed: ParsedEvent;
    }
  /** The record cannot be parsed, and `onInvalid` has dealt with it. */
  | { readonly outcome: "skipped"; readonly invalid: InvalidRecord };

/** A record that the bridge did not write. `reason` has no data of the user. */
export interface InvalidRecord {
  readonly record: PlacedRecord;
  readonly reason: string;
}

export class InvalidRecordError extends Error implements InvalidRecord {
  override readonly name = "InvalidRecordError";
  readonly record: PlacedRecord;
  readonly reason: string;

  constructor({ record, reason }: InvalidRecord) {
    super(`${record.topic}, partition ${record.partition}, offset ${record.offset} cannot be parsed: ${reason}`);
    this.record = record;
    this.reason = reason;
  }
}

/** The events of a user and its state contradict each other: the two topics are not of the same bridge, or Kafka lost data of one. */
export class ContradictionError extends Error {
  override readonly name = "ContradictionError";
}

export interface UserProjectionOptions<Transaction extends UserTransaction> {
  readonly store: UserStore<Transaction>;
  /**
   * What happens to a record that cannot be parsed. `stop` (the default) rejects with an {@link InvalidRecordError}; a function
   * deals with it (keeps a copy, say), and the record counts as `skipped` once the function resolves.
   */
  readonly onInvalid?: "stop" | ((invalid: InvalidRecord) => Promise<void> | void);
}

/** Reads the state topic from its beginning to its present end, with read_committed, and hands over its records in order. */
export type ReadStates = (onRecords: (records: readonly PlacedRecord[]) => Promise<void>) => Promise<void>;

export interface UserProjection<Transaction extends UserTransaction = UserTransaction> {
  /** Applies a record of the events topic, in a transaction of the store. */
  apply(record: PlacedRecord): Promise<ApplyOutcome>;
  /**
   * Applies records of one partition in order, in as few transactions as possible. Stops after a gap: the answer has an outcome for
   * each record up to it, and the records behind it are not applied.
   */
  applyBatch(records: readonly PlacedRecord[]): Promise<readonly ApplyOutcome[]>;
  /**
   * Brings every row up to the state topic, and deletes the users that are no longer in it. `force` trusts the state topic even where
   * rows have later sequences, which is right after Kafka itself was restored from an older copy.
   */
  resync(readStates: ReadStates, options?: { readonly force?: boolean }): Promise<{ readonly deleted: number }>;
  /** Applies an event whose gap a resync, begun after the event was read, should have closed. Never answers `gap`. */
  applyAfterResync(record: PlacedRecord): Promise<ApplyOutcome>;
  /** True once a resync has completed. Before that, the projection lacks the users that have had no event since. */
  isComplete(): Promise<boolean>;
  /**
   * Calls the handler for the first occurrence of an event, whatever happened to the row, and remembers it in the same transaction.
   * False when it was remembered before. When the handler rejects, nothing is remembered. What the handler does with
   * the transaction happens exactly once; what it does elsewhere can repeat only when the process dies during the handler.
   */
  onFirstTime(
    event: Pick<ParsedEvent, "eventId">,
    handler: (transaction: Transaction) => Promise<void> | void,
    options?: { readonly name?: string },
  ): Promise<boolean>;
}

type UserOfState = Parameters<typeof decideState>[1];

const attemptsAgainstOthers = 10;

/**
 * A table of users in step with the bridge's topics, whatever is repeated, replayed, delayed or lost on the way. Each event is
 * compared with the sequence of its row inside the store's own transaction.
 */
export function createUserProjection<Transaction extends UserTransaction>({
  store,
  onInvalid = "stop",
}: UserProjectionOptions<Transaction>): UserProjection<Transaction> {
  const dealWith = async (invalid: InvalidRecord): Promise<void> => {
    if (onInvalid === "stop") throw new InvalidRecordError(invalid);
    await onInvalid(invalid);
  };

  const transact = async <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await store.transaction(work);
      } catch (error) {
        if (!(error instanceof ConcurrentWriteError) || attempt === attemptsAgainstOthers) throw error;
      }
    }
  };

  const applyEvents = (events: readonly ParsedEvent[]) =>
    transact(async (transaction): Promise<ApplyOutcome[]> => {
      const rows = await transaction.read([...new Set(events.map(({ userId }) => userId))]);
      const changed = new Map<string, StoredUser>();
      const outcomes: ApplyOutcome[] = [];
      for (const parsed of events) {
        const decision = decideEvent(rows.get(parsed.userId), parsed);
        if (decision.outcome === "gap") {
          outcomes.push({ ...decision, parsed });
          break;
        }
        if (decision.outcome === "applied") {
          rows.set(parsed.userId, decision.next);
          changed.set(parsed.userId, decision.next);
        }
        outcomes.push({ outcome: decision.outcome, parsed });
      }
      await transaction.write([...changed.values()]);
      return outcomes;
    });

  const applyBatch = async (records: readonly PlacedRecord[]): Promise<readonly ApplyOutcome[]> => {
    const outcomes: ApplyOutcome[] = [];
    while (outcomes.length < records.length) {
      const { events, invalid } = parseUntilInvalid(records.slice(outcomes.length));
      if (events.length > 0) outcomes.push(...(await applyEvents(events)));
      if (outcomes.at(-1)?.outcome === "gap" || invalid === undefined) break;
      await dealWith(invalid);
      outcomes.push({ outcome: "skipped", invalid });
    }
    return outcomes;
  };

  const apply = async (record: PlacedRecord): Promise<ApplyOutcome> => {
    const [outcome] = await applyBatch([record]);
    if (outcome === undefined) throw new Error("a record has no outcome");
    return outcome;
  };

  const applyStates = async (records: readonly PlacedRecord[], force: boolean): Promise<void> => {
    const states: UserOfState[] = [];
    for (const record of records) {
      const parsed = parseUserState(record);
      if (parsed.outcome === "internal") continue;
      if (parsed.outcome === "invalid") await dealWith({ record, reason: parsed.reason });
      else states.push({ user: undefined, ...parsed });
    }
    await transact(async (transaction) => {
      const ids = [...new Set(states.map(({ userId }) => userId))];
      const rows = await transaction.read(ids);
      const changed = new Map<string, StoredUser>();
      for (const state of states) {
        const next = decideState(rows.get(state.userId), state, force);
        if (next === undefined) continue;
        rows.set(state.userId, next);
        changed.set(state.userId, next);
      }
      await transaction.write([...changed.values()]);
      await transaction.confirm(ids);
    });
  };

  return {
    apply,
    applyBatch,
    resync: async (readStates, { force = false } = {}) => {
      const run = await store.beginResync();
      await readStates((records) => applyStates(records, force));
      return { deleted: await store.endResync(run) };
    },
    applyAfterResync: async (record) => {
      const outcome = await apply(record);
      if (outcome.outcome !== "gap") return outcome;
      const { parsed } = outcome;
      return await transact(async (transaction) => {
        const row = (await transaction.read([parsed.userId])).get(parsed.userId);
        const next = rowOfForgottenUser(row, parsed);
        if (next === undefined) {
          throw new ContradictionError(
            `event ${parsed.eventId} of ${parsed.userId} has sequence ${parsed.sequence}, but the state topic ends at ${row?.sequence}`,
          );
        }
        await transaction.write([next]);
        return { outcome: "outdated", parsed };
      });
    },
    isComplete: () => store.isComplete(),
    onFirstTime: ({ eventId }, handler, { name = "default" } = {}) =>
      store.transaction(async (transaction) => {
        if (!(await transaction.rememberEffect(name, eventId))) return false;
        await handler(transaction);
        return true;
      }),
  };
}

/** The events up to the first record that cannot be parsed, and that record. */
function parseUntilInvalid(records: readonly PlacedRecord[]): { events: ParsedEvent[]; invalid?: InvalidRecord } {
  const events: ParsedEvent[] = [];
  for (const record of records) {
    const parsed = parseUserEvent(record);
    if (parsed.outcome === "invalid") return { events, invalid: { record, reason: parsed.reason } };
    events.push(parsed);
  }
  return { events };
}
