import { describe, expect, test } from "vitest";
import { parseChange } from "./parse-change.ts";
import type { Message } from "../../domain/message.ts";

const receivedAt = 1_800_000_000_500;
const data = { id: "user_1", email_addresses: [], created_at: 1_700_000_000_000, updated_at: 1_700_000_000_001 };
const message = (changes: Partial<Message> = {}): Message => ({
  id: "msg_1",
  source: "webhook",
  type: "user.updated",
  receivedAt,
  readAt: 0,
  data,
  ...changes,
});

describe("A snapshot", () => {
  test("has Clerk's times, and the source and reading time of its message", () => {
    const read = parseChange(message({ source: "reconciliation", readAt: 9, timestamp: 1 }), []);
    expect(read).toMatchObject({
      outcome: "read",
      change: {
        kind: "snapshot",
        source: "reconciliation",
        isCreateEvent: false,
        createdAt: data.created_at,
        version: data.updated_at,
        readAt: 9,
        user: { id: "user_1" },
      },
    });
  });

  test("announces a creation only as user.created", () => {
    const read = parseChange(message({ type: "user.created" }), []);
    expect(read).toMatchObject({ change: { isCreateEvent: true } });
  });
});

describe("A deletion happened", () => {
  const deletedAt = (timestamp: number | undefined) => {
    const read = parseChange(message({ type: "user.deleted", data: { id: "user_1" }, timestamp }), []);
    return read.outcome === "read" && read.change.kind === "deletion" ? read.change.deletedAt : undefined;
  };

  test("when its envelope says, in milliseconds or in seconds", () => {
    expect(deletedAt(1_700_000_000_123)).toBe(1_700_000_000_123);
    expect(deletedAt(1_700_000_000)).toBe(1_700_000_000_000);
  });

  test("when we received it, where its envelope says nothing or no possible time", () => {
    expect(deletedAt(undefined)).toBe(receivedAt);
    for (const impossible of [-1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(deletedAt(impossible)).toBe(receivedAt);
    }
  });
});

describe("A message is malformed, and says where but not with what,", () => {
  const cases: readonly (readonly [where: string, changes: Partial<Message>])[] = [
    ["updated_at: invalid_type", { data: { ...data, updated_at: "tell-tale" } }],
    ["created_at: too_small", { data: { ...data, created_at: -1 } }],
    ["created_at: invalid_type; updated_at: invalid_type", { data: { id: "user_1", email_addresses: [] } }],
    ["email_addresses.0.email_address: invalid_type", { data: { ...data, email_addresses: [{ id: "idn_1" }] } }],
    [
      "more than 75000 characters: too large for a Kafka record",
      { data: { ...data, first_name: "x".repeat(50_000), last_name: "y".repeat(25_001) } },
    ],
    ["id: invalid_type", { type: "user.deleted", data: { id: 7 } }],
  ];

  test.for(cases)("with %s", ([reason, changes]) => {
    expect(parseChange(message(changes), [])).toEqual({ outcome: "malformed", reason });
  });
});
