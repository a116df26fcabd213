import type { EachBatchPayload, KafkaMessage } from "kafkajs";
import { describe, expect, test } from "vitest";
import { encodeBarrier, encodeState } from "../records/records.ts";
import { createStateReader, type PositionedRecord } from "./state-reader.ts";

const topic = "user.state";

/** A reader, what it asked of its consumer, and batches of state records as a consumer hands them over. */
function openReader() {
  const asked: string[] = [];
  const consumer = {
    pause: () => void asked.push("pause"),
    resume: () => void asked.push("resume"),
    seek: ({ partition, offset }: { partition: number; offset: string }) =>
      void asked.push(`seek ${partition}@${offset}`),
  };
  const reader = createStateReader(consumer, topic);
  const deliver = (messages: KafkaMessage[], heartbeat = async () => {}) =>
    reader.onBatch(batchOf(messages, heartbeat));
  return { reader, asked, deliver };
}

function read(
  { reader }: ReturnType<typeof openReader>,
  from: bigint,
  to: bigint,
  signal = new AbortController().signal,
) {
  const records: PositionedRecord[] = [];
  const onRecords = async (more: readonly PositionedRecord[]) => void records.push(...more);
  const done = reader.read({ shard: 0, from, to, signal, onRecords });
  return { done, offsets: () => records.map(({ offset }) => Number(offset)) };
}

const recordAt = (offset: number, { key, value, headers } = encodeBarrier("b")): KafkaMessage => ({
  offset: String(offset),
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers,
  timestamp: "0",
  attributes: 0,
});

const batchOf = (messages: KafkaMessage[], heartbeat: () => Promise<void>): EachBatchPayload => ({
  batch: {
    topic,
    partition: 0,
    messages,
    highWatermark: "100",
    isEmpty: () => messages.length === 0,
    firstOffset: () => messages[0]?.offset ?? null,
    lastOffset: () => messages.at(-1)?.offset ?? "",
    offsetLag: () => "0",
    offsetLagLow: () => "0",
  },
  heartbeat,
  isRunning: () => true,
  isStale: () => false,
  resolveOffset: () => {},
  pause: () => () => {},
  commitOffsetsIfNecessary: async () => {},
  uncommittedOffsets: () => ({ topics: [] }),
});

const rebalancing = () => Promise.reject(new Error("The group is rebalancing"));

test("a range is read from its first to its last offset, without the records around it", async () => {
  const opened = openReader();
  const { done, offsets } = read(opened, 2n, 5n);
  await opened.deliver([1, 2, 3].map((offset) => recordAt(offset)));
  await opened.deliver([4, 5, 6].map((offset) => recordAt(offset)));
  await done;
  expect(offsets()).toEqual([2, 3, 4, 5]);
  expect(opened.asked).toEqual(["seek 0@2", "resume", "pause"]);
});

test("a range whose last record was compacted away ends at the next record", async () => {
  const opened = openReader();
  const { done, offsets } = read(opened, 2n, 5n);
  await opened.deliver([2, 7].map((offset) => recordAt(offset)));
  await done;
  expect(offsets()).toEqual([2]);
});

test("a range is read to its end even when a rebalance begins at that moment", async () => {
  const opened = openReader();
  const { done, offsets } = read(opened, 0n, 1n);
  await opened
    .deliver(
      [0, 1].map((offset) => recordAt(offset)),
      rebalancing,
    )
    .catch(() => {});
  await done;
  expect(offsets()).toEqual([0, 1]);
});

test("a range that a rebalance interrupts continues where it stopped and reads no record twice", async () => {
  const opened = openReader();
  const { done, offsets } = read(opened, 0n, 3n);
  await expect(
    opened.deliver(
      [0, 1].map((offset) => recordAt(offset)),
      rebalancing,
    ),
  ).rejects.toThrow("rebalancing");
  opened.reader.resume(new Set([0]));
  expect(opened.asked.slice(-2)).toEqual(["seek 0@2", "resume"]);
  await opened.deliver([1, 2, 3].map((offset) => recordAt(offset)));
  await done;
  expect(offsets()).toEqual([0, 1, 2, 3]);
});

test("a range of a shard that the worker has lost ends with its signal, and no further record is passed on", async () => {
  const opened = openReader();
  const abort = new AbortController();
  const { done, offsets } = read(opened, 0n, 3n, abort.signal);
  abort.abort(new Error("released"));
  await expect(done).rejects.toThrow("released");
  opened.reader.resume(new Set([0]));
  await opened.deliver([recordAt(0)]);
  expect(offsets()).toEqual([]);
  expect(opened.asked).toEqual(["seek 0@0", "resume", "pause"]);
});

test("a record that cannot be parsed fails the range and names its offset", async () => {
  const opened = openReader();
  const { done } = read(opened, 0n, 3n);
  const state = encodeState({ userId: "user_1", state: { status: "deleted", sequence: 1 } });
  await Promise.all([
    expect(done).rejects.toThrow("the state record at offset 1 cannot be parsed"),
    opened.deliver([recordAt(0, state), recordAt(1, { ...state, value: "nonsense" })]),
  ]);
});

describe("a batch that the consumer fetched before it was sent to the start of the range", () => {
  test.for([
    ["begins inside the range", [4, 5]],
    ["lies behind the range", [9, 10]],
  ] as const)("is no part of it when it %s", async ([, stale]) => {
    const opened = openReader();
    const { done, offsets } = read(opened, 2n, 5n);
    await opened.reader.onBatch({
      ...batchOf(
        stale.map((offset) => recordAt(offset)),
        noHeartbeat,
      ),
      isStale: () => true,
    });
    expect(offsets()).toEqual([]);
    await opened.deliver([2, 3, 4, 5].map((offset) => recordAt(offset)));
    await done;
    expect(offsets()).toEqual([2, 3, 4, 5]);
  });

  test("is left as soon as it becomes outdated", async () => {
    const opened = openReader();
    const { offsets } = read(opened, 0n, 2_000n);
    const messages = Array.from({ length: 2_000 }, (_, offset) => recordAt(offset));
    await opened.reader.onBatch({ ...batchOf(messages, noHeartbeat), isStale: () => offsets().length > 0 });
    expect(offsets().length).toBeGreaterThan(0);
    expect(offsets().length).toBeLessThan(2_000);
  });
});

test("a range does not end at a batch that lacks only its last record", async () => {
  const opened = openReader();
  const { done, offsets } = read(opened, 2n, 5n);
  await opened.deliver([2, 3, 4].map((offset) => recordAt(offset)));
  expect(opened.asked).not.toContain("pause");
  await opened.deliver([recordAt(5)]);
  await done;
  expect(offsets()).toEqual([2, 3, 4, 5]);
});

const noHeartbeat = async () => {};
