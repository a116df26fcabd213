import { expect, test } from "vitest";
import type { BridgeStatus } from "../../inspection/bridge-status.ts";
import { sampleOf } from "./status-history.ts";

const processOf = (id: string, received: number, events: number) => ({
  id,
  program: "worker" as const,
  host: "host",
  pid: 1,
  version: "1",
  startedAt: 0,
  at: 0,
  webhooks: { received, rejected: 0 },
  events,
  endToEndSeconds: events === 0 ? null : { p50: 0.1, p99: events / 100 },
  shards: [],
});

const statusAt = (at: number, processes: readonly ReturnType<typeof processOf>[]): BridgeStatus => ({
  at,
  processes,
  shards: [],
  waiting: 4,
  oldestAgeMs: 0,
  users: 0,
  deadLetters: 0,
  lastRuns: {},
  memoryShare: undefined,
  kafka: true,
});

test("a sample has rates per second over the processes that ran before and after, and the worst latency", () => {
  const before = statusAt(1_000, [processOf("a", 10, 100), processOf("ended", 5, 5)]);
  const after = statusAt(6_000, [processOf("a", 20, 150), processOf("started", 1_000, 30)]);
  expect(sampleOf(6_000, after, before)).toEqual({
    at: 6,
    received: 2,
    committed: 10,
    p50Ms: 100,
    p99Ms: 1_500,
    waiting: 4,
  });
});

test("a sample without a status, or without an earlier one, has gaps instead of zeros", () => {
  expect(sampleOf(1_000, undefined, undefined)).toMatchObject({ received: null, p99Ms: null, waiting: null });
  expect(sampleOf(1_000, statusAt(1_000, []), undefined)).toMatchObject({
    received: null,
    committed: null,
    waiting: 4,
  });
});
