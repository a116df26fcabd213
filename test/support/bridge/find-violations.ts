import { type User, type UserEvent, userEventSchema, userSchema } from "@clerk-kafka-bridge/events";
import type { TopicRecord } from "../kafka/read-topic.ts";

/** The expected final state of every user; `undefined` for a deleted user. */
export type ExpectedUsers = ReadonlyMap<string, User | undefined>;

export interface Published {
  /** All committed records of the events topic, with each user's records in order. */
  readonly events: readonly TopicRecord[];
  /** All committed records of the state topic, in the same way. */
  readonly states: readonly TopicRecord[];
  readonly ledger: ExpectedUsers;
}

/** A breach of the bridge's guarantee, with its user. */
export interface Violation {
  readonly userId: string;
  readonly what: string;
}

/**
 * Compares the published data with the whole guarantee. For each user the events are `created, updated*, deleted` (or only
 * `deleted`), and the same again for each restoration, numbered 1, 2, 3 …, without duplicates. The events applied in order, the state topic and the ledger all end
 * in `expected`. Returns an empty list when the guarantee holds.
 */
export function findViolations({ events, states, ledger }: Published, expected: ExpectedUsers): Violation[] {
  const histories = Map.groupBy(events, ({ key }) => key);
  const fromEvents = new Map([...histories].map(([userId, history]) => [userId, applyAll(history)]));
  const fromStates = new Map(states.map((state) => [state.key, readUser(state)]));
  return [
    ...repeatedIds(events),
    ...[...histories].flatMap(([userId, history]) => faultsOf(history).map((what) => ({ userId, what }))),
    ...differences("the events end in", fromEvents, expected),
    ...differences("the state topic has", fromStates, expected),
    ...differences("the ledger has", ledger, expected),
  ];
}

const readEvent = ({ value }: TopicRecord): UserEvent => userEventSchema.parse(JSON.parse(String(value)));

function readUser({ value, headers }: TopicRecord): User | undefined {
  if (value === null) return undefined;
  const user = userSchema.parse(JSON.parse(value));
  // Every state has the time of creation, also when the events do not.
  if (!headers["bridge_fields"]?.includes("createdAt")) delete user.createdAt;
  return user;
}

function repeatedIds(events: readonly TopicRecord[]): Violation[] {
  const seen = new Set<string>();
  return events.flatMap((record) => {
    const { eventId } = readEvent(record);
    if (seen.has(eventId)) return { userId: record.key, what: `event ${eventId} occurs twice` };
    seen.add(eventId);
    return [];
  });
}

function faultsOf(history: readonly TopicRecord[]): string[] {
  const faults: string[] = [];
  const types = history.map((record) => typeOf(record)).join(" ");
  if (!/^(created( updated)*( deleted)?|deleted)( restored( updated)*( deleted)?)*$/.test(types)) {
    faults.push(`the order of its events is ${types}`);
  }
  const sequence = history.map(({ headers }) => headers["ce_sequence"]).join(" ");
  if (sequence !== history.map((_, index) => index + 1).join(" ")) faults.push(`its events are numbered ${sequence}`);
  const last = history.at(-1);
  const event = last && readEvent(last);
  if (event?.eventType === "user.deleted") {
    const known = applyAll(history.slice(0, -1))?.emailAddress ?? [];
    const named = event.data.emailAddress;
    if (!isSame(named, known))
      faults.push(`its deletion event has the addresses ${show(named)}, its last known addresses are ${show(known)}`);
  }
  return faults;
}

/** The type without `user.`; `restored` for a creation by which an operator restored a wrongly deleted user. */
function typeOf(record: TopicRecord): string {
  return record.headers["ce_origin"] === "restore" ? "restored" : readEvent(record).eventType.replace("user.", "");
}

function applyAll(history: readonly TopicRecord[]): User | undefined {
  let user: User | undefined;
  for (const event of history.map(readEvent)) {
    if (event.eventType === "user.created") user = event.data;
    else if (event.eventType === "user.deleted") user = undefined;
    else if (user !== undefined) user = userSchema.parse({ ...user, ...event.data.changes });
  }
  return user;
}

function differences(source: string, found: ExpectedUsers, expected: ExpectedUsers): Violation[] {
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((userId) => {
    const [actual, wanted] = [found, expected].map((users) =>
      users.has(userId) ? show(users.get(userId)) : "nothing",
    );
    return actual === wanted ? [] : { userId, what: `${source} ${actual}, expected ${wanted}` };
  });
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Formats a value with its keys in the schema's order, so that equal users give equal texts. */
const show = (value: User | readonly string[] | undefined): string =>
  value === undefined ? "deleted" : JSON.stringify("id" in value ? userSchema.parse(value) : value);
