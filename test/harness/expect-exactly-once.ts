import { expect } from "vitest";
import { userEventSchema, type UserEvent } from "../../src/events/user-events.ts";
import { type User, userSchema } from "../../src/events/user.ts";
import type { Bridge } from "./bridge.ts";
import { readTopic, type TopicRecord } from "./read-topic.ts";

/** The users as they must be in the end; none for a deleted one. */
export type ExpectedUsers = ReadonlyMap<string, User | undefined>;

/**
 * Checks the whole guarantee from outside: for each user the topic holds `created, updated*, deleted` (or `deleted` alone),
 * numbered 1, 2, 3 …, no event twice; the events applied in order, the state topic and the ledger all end at `expected`.
 */
export async function expectExactlyOnce(bridge: Bridge, expected: ExpectedUsers): Promise<readonly TopicRecord[]> {
  const [events, states] = await Promise.all([
    readTopic(bridge.kafkaBrokers, bridge.eventsTopic),
    readTopic(bridge.kafkaBrokers, bridge.stateTopic),
  ]);
  const ids = events.map(({ headers }) => headers["ce_id"]);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  const histories = Map.groupBy(events, ({ key }) => key);
  for (const history of histories.values()) expectHistory(history);

  const ended = sorted(expected);
  expect(sorted(new Map([...histories].map(([userId, history]) => [userId, applyAll(history)])))).toEqual(ended);
  expect(sorted(new Map(states.map(({ key, value }) => [key, readUser(value)])))).toEqual(ended);
  expect(sorted(await bridge.readLedger())).toEqual(ended);
  return events;
}

const readEvent = ({ value }: TopicRecord): UserEvent => userEventSchema.parse(JSON.parse(String(value)));
const readUser = (value: string | null) => (value === null ? undefined : userSchema.parse(JSON.parse(value)));

function expectHistory(history: readonly TopicRecord[]): void {
  const types = history.map((record) => readEvent(record).eventType).join(" ");
  expect(types).toMatch(/^(user\.created( user\.updated)*( user\.deleted)?|user\.deleted)$/);
  const sequence = history.map(({ headers }) => headers["ce_sequence"]);
  expect(sequence).toEqual(history.map((_, index) => String(index + 1)));
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

const sorted = (users: ExpectedUsers) => [...users].toSorted(([a], [b]) => (a < b ? -1 : 1));
