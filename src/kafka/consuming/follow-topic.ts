import { randomUUID } from "node:crypto";
import type { EachBatchPayload, IHeaders, Kafka } from "kafkajs";

export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  /** When the broker stored it, in ms. */
  readonly timestamp: number;
  readonly key: string;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Where to begin: at the first record, at the end, at a time (ms), at an offset in every partition, or a number of offsets before
 * the end of each partition.
 */
export type FollowFrom =
  | "beginning"
  | "now"
  | { readonly sinceMs: number }
  | { readonly offset: bigint }
  | { readonly back: bigint };

export interface FollowOptions {
  readonly topic: string;
  /** Reads this partition only. */
  readonly partition?: number;
  readonly from: FollowFrom;
  /** `now`: up to the end at the time of the call; `stopped`: until the signal aborts. */
  readonly until: "now" | "stopped";
  readonly onRecords: (records: readonly TopicRecord[]) => Promise<void>;
  readonly signal: AbortSignal;
  /** With `until: "now"`: the offsets behind, and all that there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * kafkajs decodes a whole fetch before it passes on the first record, and its default of 10 MB becomes several hundred MB of memory. A
 * larger record comes alone.
 */
const fetchSizes = { maxBytes: 1_048_576, maxBytesPerPartition: 262_144 };

interface Span {
  readonly partition: number;
  readonly from: bigint;
  /** The first offset not wanted. */
  readonly end: bigint;
}

/**
 * Reads a topic as any consumer would, with read_committed, in a temporary group of its own, whose name begins with
 * `groupPrefix`. The records of one partition come in
 * order. Rejects when Kafka is unavailable, when `onRecords` rejects, or when the signal aborts.
 */
export async function followTopic(kafka: Kafka, groupPrefix: string, options: FollowOptions): Promise<void> {
  const { topic, until, signal } = options;
  signal.throwIfAborted();
  const spans = await findSpans(kafka, options);
  const open = new Map(
    spans.filter(({ from, end }) => until === "stopped" || from < end).map((span) => [span.partition, span]),
  );
  if (open.size === 0) return;
  const positions = new Map<number, number>();
  const total = sumOf(spans.map(({ from, end }) => Number(end - from)));
  const consumer = kafka.consumer({
    groupId: `${groupPrefix}.read-${randomUUID()}`,
    maxWaitTimeInMs: 100,
    ...fetchSizes,
    readUncommitted: false,
  });
  const finished = Promise.withResolvers<void>();
  // It may reject while the consumer still connects, before anything waits for it: an unhandled rejection would end the process.
  finished.promise.catch(() => {});
  const abort = () => finished.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const { GROUP_JOIN, END_BATCH_PROCESS, CRASH } = consumer.events;
  consumer.on(GROUP_JOIN, () => {
    for (const { partition, from } of spans) consumer.seek({ topic, partition, offset: String(from) });
  });
  // This event also comes for batches of aborted records and markers, which `onRecords` never sees.
  consumer.on(END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const span = open.get(partition);
    if (until === "now" && span !== undefined) {
      positions.set(partition, Number(BigInt(lastOffset) + 1n - span.from));
      options.onProgress?.(sumOf(positions.values()), total);
      if (BigInt(lastOffset) + 1n >= span.end) open.delete(partition);
    }
    if (open.size === 0) finished.resolve();
  });
  consumer.on(CRASH, ({ payload: { error } }) => finished.reject(error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async (payload) => {
        // The group's member has every partition.
        if (options.partition !== undefined && payload.batch.partition !== options.partition) return;
        try {
          await options.onRecords(
            recordsOf(payload, until === "now" ? open.get(payload.batch.partition)?.end : undefined),
          );
        } catch (error) {
          finished.reject(error);
        }
      },
    });
    await finished.promise;
  } finally {
    signal.removeEventListener("abort", abort);
    await consumer.disconnect();
  }
}

async function findSpans(kafka: Kafka, { topic, partition: only, from }: FollowOptions): Promise<Span[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) throw new Error(`Kafka has no topic ${topic}`);
    const bounds = await admin.fetchTopicOffsets(topic);
    const since =
      typeof from === "object" && "sinceMs" in from
        ? await admin.fetchTopicOffsetsByTimestamp(topic, from.sinceMs)
        : [];
    return bounds.flatMap(({ partition, low, high }) => {
      if (only !== undefined && partition !== only) return [];
      const found = since.find((entry) => entry.partition === partition)?.offset;
      return [{ partition, from: startOf(from, BigInt(low), BigInt(high), found), end: BigInt(high) }];
    });
  } finally {
    await admin.disconnect();
  }
}

function startOf(from: FollowFrom, low: bigint, high: bigint, since: string | undefined): bigint {
  if (from === "beginning") return low;
  if (from === "now") return high;
  if ("offset" in from) return from.offset < low ? low : from.offset;
  if ("back" in from) return high - from.back < low ? low : high - from.back;
  // Kafka answers -1 when no record is that young.
  return since === undefined || since === "-1" ? high : BigInt(since);
}

function recordsOf({ batch }: EachBatchPayload, end: bigint | undefined): TopicRecord[] {
  const wanted = end === undefined ? batch.messages : batch.messages.filter(({ offset }) => BigInt(offset) < end);
  return wanted.map(({ offset, timestamp, key, value, headers }) => ({
    partition: batch.partition,
    offset: BigInt(offset),
    timestamp: Number(timestamp),
    key: key?.toString() ?? "",
    value: value?.toString() ?? null,
    headers: textOf(headers ?? {}),
  }));
}

const textOf = (headers: IHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );

const sumOf = (numbers: Iterable<number>): number => Array.from(numbers).reduce((sum, number) => sum + number, 0);
