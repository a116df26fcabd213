import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { decideBatch } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { readMetric } from "../../test/support/bridge/read-metric.ts";
import { clerkUserJson, makeUser, versionOf } from "../../test/support/clerk/clerk-messages.ts";
import { openShardInMemory } from "../../test/support/workers/shard-in-memory.ts";
import { createWorkerMetrics } from "../context/worker-metrics.ts";
import { readBatch, toDeadLetter } from "./read-batch.ts";
import { reportBatch } from "./report-batch.ts";
import { writesOf } from "./write-batch.ts";

const endedAt = versionOf(10);
const receivedAt = endedAt - 3_000;

const messages = Array.from({ length: 7 }, (_, at): Message => {
  const data = clerkUserJson(makeUser({ id: `user_${at}` }), versionOf(1));
  return { id: `msg_${at}`, source: "webhook", type: "user.created", receivedAt, readAt: 0, data };
});
const repeated = { ...messages[0], id: "msg_again" } as const;

/** Reports a batch of seven new users, one of them twice, beside two dead letters and messages that were not decided. */
async function report() {
  const lines: Record<string, unknown>[] = [];
  const registry = new Registry();
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { context } = openShardInMemory({
    context: { metrics: createWorkerMetrics(registry), log, now: () => endedAt },
  });
  const batch = readBatch([{ id: "1", messages: [...messages, repeated] }], {
    shard: 0,
    shardOf: createShardOf(1),
    eventFields: [],
    at: endedAt,
  });
  const decided = decideBatch(new Map(), batch.own, { verifyBefore: 0, now: endedAt });
  reportBatch(context, {
    shard: 0,
    jobs: 1,
    decided,
    events: writesOf(decided).flatMap(({ event }) => event ?? []),
    deadLetters: messages.slice(0, 2).map((message) => toDeadLetter(message, "a reason", endedAt)),
    stale: messages.slice(0, 3),
    deferred: messages.slice(0, 4),
    forwarded: batch.own.slice(0, 5),
    offset: 42n,
    startedAt: endedAt - 20,
    transactionMs: 7,
    traceId: {},
  });
  const text = await registry.metrics();
  return { lines, metric: (name: string, labels = {}) => readMetric(text, name, labels) };
}

test("a batch is counted by the outcome of each of its messages, and its events by type", async () => {
  const { metric } = await report();
  const decided = (outcome: string) => metric("bridge_messages_decided_total", { outcome });
  expect(["publish", "duplicate", "stale_user", "deferred", "forwarded", "malformed"].map(decided)).toEqual([
    7, 1, 3, 4, 5, 2,
  ]);
  expect(metric("bridge_events_committed_total", { type: "user.created" })).toBe(7);
  expect(metric("bridge_messages_dead_lettered_total")).toBe(2);
  expect(metric("bridge_batch_messages_sum")).toBe(22);
  expect(metric("bridge_transaction_seconds_sum")).toBeCloseTo(0.007);
  expect(metric("bridge_end_to_end_seconds_sum")).toBeCloseTo(21);
});

test("a batch is one log line with at most five user ids, beside a line for each dead letter and one for deferred messages", async () => {
  const { lines } = await report();
  expect(lines.map(({ event }) => event)).toEqual([
    "message.dead_lettered",
    "message.dead_lettered",
    "messages.deferred",
    "batch.processed",
  ]);
  expect(lines[0]).toMatchObject({ id: "msg_0", reason: "a reason", shard: 0 });
  expect(lines[2]).toMatchObject({ messages: 4, shard: 0 });
  expect(lines[3]).toMatchObject({
    publish: 7,
    duplicate: 1,
    offset: "42",
    users: ["user_0", "user_1", "user_2", "user_3", "user_4"],
    transactionMs: 7,
    durationMs: 20,
  });
});
