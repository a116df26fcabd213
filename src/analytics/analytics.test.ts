import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { intervals, startOf, startOfNext, startsBetween } from "./intervals.ts";
import { resolveSeries } from "./analytics-reader.ts";
import { parseSessionChange } from "../clerk/payloads/parse-session-change.ts";

const at = (text: string) => Date.parse(text);
const iso = (time: number) => new Date(time).toISOString();

describe("an interval", () => {
  test.each([
    ["hour", "2026-11-24T13:59:59.999Z", "2026-11-24T13:00:00.000Z", "2026-11-24T14:00:00.000Z"],
    ["day", "2026-12-31T23:59:59.999Z", "2026-12-31T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
    ["week", "2026-11-24T13:00:00.000Z", "2026-11-23T00:00:00.000Z", "2026-11-30T00:00:00.000Z"],
    ["week", "2026-11-29T23:59:59.999Z", "2026-11-23T00:00:00.000Z", "2026-11-30T00:00:00.000Z"],
    ["week", "2026-11-23T00:00:00.000Z", "2026-11-23T00:00:00.000Z", "2026-11-30T00:00:00.000Z"],
    ["month", "2024-02-29T12:00:00.000Z", "2024-02-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z"],
    ["month", "2026-12-31T23:00:00.000Z", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ] as const)("of one %s around %s lasts from %s to %s", (interval, time, start, next) => {
    expect(iso(startOf(interval, at(time)))).toBe(start);
    expect(iso(startOfNext(interval, at(time)))).toBe(next);
  });

  test("begins where the one before it ends, and all of them cover the requested range", () => {
    const time = fc.integer({ min: 0, max: at("2100-01-01T00:00:00Z") });
    fc.assert(
      fc.property(
        fc.constantFrom(...intervals),
        time,
        fc.integer({ min: 1, max: 40 * 86_400_000 }),
        (interval, from, span) => {
          const starts = startsBetween(interval, from, from + span, 2_000);
          expect(starts[0]).toBe(startOf(interval, from));
          for (const [index, start] of starts.entries()) {
            expect(start).toBe(startOf(interval, start));
            expect(startOfNext(interval, start)).toBe(starts[index + 1] ?? startOfNext(interval, from + span - 1));
          }
        },
      ),
    );
  });
});

describe("a series", () => {
  const now = at("2026-11-24T13:30:00Z");
  const resolve = (interval: "hour" | "day" | "week" | "month", from?: string, to?: string, retentionDays = 90) => {
    const times = { from: from === undefined ? undefined : at(from), to: to === undefined ? undefined : at(to) };
    const resolved = resolveSeries({ interval, ...times }, now, retentionDays);
    if (resolved.outcome === "rejected") return resolved.issue.path[0];
    const { starts } = resolved.series;
    return [iso(starts[0] ?? 0), iso(starts.at(-1) ?? 0), starts.length];
  };

  test.each([
    ["hour", ["2026-11-23T13:00:00.000Z", "2026-11-24T13:00:00.000Z", 25]],
    ["day", ["2026-10-25T00:00:00.000Z", "2026-11-24T00:00:00.000Z", 31]],
    ["week", ["2026-08-31T00:00:00.000Z", "2026-11-23T00:00:00.000Z", 13]],
    ["month", ["2026-08-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z", 4]],
  ] as const)("of %ss without a range ends now and begins within the retention period", (interval, expected) => {
    expect(resolve(interval)).toEqual(expected);
  });

  test("has no intervals in the future and excludes its end", () => {
    expect(resolve("day", "2026-11-22T00:00:00Z", "2027-01-01T00:00:00Z")).toEqual([
      "2026-11-22T00:00:00.000Z",
      "2026-11-24T00:00:00.000Z",
      3,
    ]);
    expect(resolve("day", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z")).toEqual([
      "2026-11-22T00:00:00.000Z",
      "2026-11-22T00:00:00.000Z",
      1,
    ]);
  });

  test("is rejected when it starts before the retention period, ends before it begins, or is too long", () => {
    expect(resolve("day", "2026-08-26T00:00:00Z")).toHaveLength(3);
    expect(resolve("day", "2026-08-25T23:59:59Z")).toBe("from");
    expect(resolve("hour", undefined, undefined, 1)).toHaveLength(3);
    expect(resolve("day", "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z")).toBe("to");
    expect(resolve("day", "2026-11-25T00:00:00Z")).toBe("to");
    expect(resolve("day", undefined, "2020-01-01T00:00:00Z")).toBe("to");
    expect(resolve("hour", "2026-10-24T14:00:00Z")).toHaveLength(3);
    expect(resolve("hour", "2026-10-24T13:00:00Z")).toBe("from");
  });
});

describe("a session message", () => {
  const receivedAt = at("2026-11-24T13:30:00Z");
  const read = (type: "session.created" | "session.ended" | "session.removed" | "session.revoked", json: unknown) =>
    parseSessionChange({ id: "msg_1", type, receivedAt, json });
  const data = { user_id: "user_1", last_active_at: receivedAt - 7_200_000 };
  const happened = receivedAt - 3_600_000;

  test.each([
    ["session.created", "signed_in", happened],
    ["session.ended", "signed_out", data.last_active_at],
    ["session.removed", "signed_out", data.last_active_at],
    ["session.revoked", "revoked", data.last_active_at],
  ] as const)("of type %s tells which user %s, when, and when the session was last used", (type, event, activeAt) => {
    const change = { messageId: "msg_1", event, userId: "user_1", at: happened, activeAt };
    expect(read(type, { timestamp: happened, data })).toEqual(change);
    expect(read(type, { timestamp: happened / 1_000, data })).toEqual(change);
  });

  test("without a usable time, or with one in the future, happened when it was received", () => {
    for (const timestamp of [undefined, "now", receivedAt + 60_000, -1]) {
      expect(read("session.created", { timestamp, data })).toMatchObject({ at: receivedAt, activeAt: receivedAt });
    }
    const future = { timestamp: happened, data: { user_id: "user_1", last_active_at: receivedAt } };
    expect(read("session.ended", future)).toMatchObject({ at: happened, activeAt: happened });
    expect(read("session.ended", { data: { user_id: "user_1" } })).toMatchObject({ activeAt: undefined });
  });

  test("without a user id is not parsed", () => {
    for (const json of [
      {},
      { data: {} },
      { data: { user_id: "" } },
      { data: { user_id: 1 } },
      { data: { user_id: "a b" } },
    ]) {
      expect(read("session.created", json)).toBeUndefined();
    }
  });
});
