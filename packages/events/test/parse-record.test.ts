import { describe, expect, test } from "vitest";
import { headerNames, type KafkaRecord, parseUserEvent, parseUserState } from "../src/index.ts";

const user = {
  id: "user_1",
  firstName: "Ada",
  lastName: "Lovelace",
  username: "ada",
  emailAddress: ["ada@example.com"],
  role: "user",
};
const event = {
  eventId: "3f2c1a50-1111-5222-8333-444455556666",
  eventType: "user.created",
  timestamp: "2026-01-31T09:30:00.000Z",
  data: user,
};
const headers = {
  [headerNames.sequence]: "7",
  [headerNames.origin]: "webhook",
  [headerNames.svixId]: "msg_1",
  [headerNames.traceparent]: "00-1-2-01",
};
const bytes = (text: string) => new TextEncoder().encode(text);
const record = (changes: Partial<KafkaRecord> = {}): KafkaRecord => ({
  key: bytes("user_1"),
  value: bytes(JSON.stringify(event)),
  headers,
  ...changes,
});
const expected = {
  outcome: "event",
  event,
  userId: "user_1",
  eventId: event.eventId,
  sequence: 7,
  origin: "webhook",
  occurredAt: new Date(event.timestamp),
  svixId: "msg_1",
  traceparent: "00-1-2-01",
};

describe("an event is parsed as every client hands it out", () => {
  const entries = Object.entries(headers);
  test.for<[client: string, headers: KafkaRecord["headers"]]>([
    ["kafkajs", Object.fromEntries(entries.map(([name, value]) => [name, bytes(value)]))],
    [
      "kafkajs, with repeated headers",
      Object.fromEntries(entries.map(([name, value]) => [name, ["old", bytes(value)]])),
    ],
    ["@platformatic/kafka", new Map(entries.map(([name, value]) => [bytes(name), bytes(value)]))],
    ["@confluentinc/kafka-javascript", entries.map(([name, value]) => ({ [name]: bytes(value) }))],
    ["text", headers],
  ])("%s", ([, given]) => {
    expect(parseUserEvent(record({ headers: given }))).toEqual(expected);
  });
});

test("an event of a later version keeps the fields that this one does not know", () => {
  const later = { ...event, schema: "2", data: { ...user, externalId: "e-1", emails: [{ address: "a" }] } };
  expect(parseUserEvent(record({ value: JSON.stringify(later) }))).toMatchObject({ outcome: "event", event: later });
});

test("an update and a deletion are parsed", () => {
  const updated = { ...event, eventType: "user.updated", data: { id: "user_1", changes: { role: "admin", badge: 1 } } };
  const deleted = { ...event, eventType: "user.deleted", data: { id: "user_1", emailAddress: [] } };
  for (const one of [updated, deleted]) {
    expect(parseUserEvent(record({ value: JSON.stringify(one) }))).toMatchObject({ outcome: "event", event: one });
  }
});

test.for<[what: string, changes: Partial<KafkaRecord>, reason: string]>([
  ["no JSON", { value: "{" }, "value: invalid_type"],
  ["a tombstone", { value: null }, "value: invalid_type"],
  ["a truncated value", { value: JSON.stringify(event).slice(0, 80) }, "value: invalid_type"],
  [
    "another event",
    { value: JSON.stringify({ ...event, eventType: "order.created" }) },
    "value.eventType: invalid_union",
  ],
  [
    "a field of another type",
    { value: JSON.stringify({ ...event, data: { ...user, role: 1 } }) },
    "value.data.role: invalid_type",
  ],
  ["no headers", { headers: undefined }, "header ce_sequence: invalid_type"],
  ["a sequence of 0", { headers: { ...headers, ce_sequence: "0" } }, "header ce_sequence: invalid_format"],
  ["no origin", { headers: { ...headers, ce_origin: undefined } }, "header ce_origin: missing"],
  ["the key of another user", { key: "user_2" }, "key: not the user's id"],
])("a record with %s is invalid, with the reason and without data of the user", ([, changes, reason]) => {
  expect(parseUserEvent(record(changes))).toEqual({ outcome: "invalid", reason });
});

describe("a record of the state topic", () => {
  const state = { ...user, createdAt: "2026-01-31T09:30:00.000Z", updatedAt: "2026-02-01T09:30:00.000Z", plan: "pro" };
  const value = JSON.stringify(state);
  const sequence = { [headerNames.sequence]: "3" };

  test.for<[what: string, record: KafkaRecord, parsed: unknown]>([
    [
      "is a user",
      { key: "user_1", value, headers: sequence },
      { outcome: "user", userId: "user_1", user: state, sequence: 3 },
    ],
    [
      "is a deletion",
      { key: "user_1", value: null, headers: sequence },
      { outcome: "deleted", userId: "user_1", sequence: 3 },
    ],
    [
      "is a deletion by another program",
      { key: "user_1", value: null },
      { outcome: "deleted", userId: "user_1", sequence: 0 },
    ],
    [
      "is the bridge's barrier",
      { key: "bridge barrier", value: null, headers: { bridge_barrier: "1" } },
      { outcome: "internal", kind: "barrier" },
    ],
    [
      "is the trace of a user who moved",
      { key: "user_1", value: null, headers: { bridge_moved_to: "2" } },
      { outcome: "internal", kind: "moved" },
    ],
    ["is invalid without a key", { value, headers: sequence }, { outcome: "invalid", reason: "key: not a user's id" }],
    [
      "is invalid without a sequence",
      { key: "user_1", value },
      { outcome: "invalid", reason: "header ce_sequence: invalid_type" },
    ],
    [
      "is invalid when it is no user",
      { key: "user_1", value: "{}", headers: sequence },
      expect.objectContaining({ outcome: "invalid" }),
    ],
  ])("%s", ([, given, parsed]) => {
    expect(parseUserState(given)).toEqual(parsed);
  });
});
