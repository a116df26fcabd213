import type { Consumer, EachBatchPayload, KafkaMessage } from "kafkajs";
import { type DecodedRecord, decodeState, digestOf } from "../records/records.ts";

export interface PositionedRecord {
  readonly offset: bigint;
  readonly record: DecodedRecord;
  /** See {@link digestOf}. */
  readonly digest: () => string;
}

interface ReadRange {
  readonly shard: number;
  /** First offset wanted. */
  readonly from: bigint;
  /** Last offset wanted. A committed record must exist at or after it; otherwise the read waits for one. */
  readonly to: bigint;
  readonly onRecords: (records: readonly PositionedRecord[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Reads committed records of the state partitions that are assigned to this worker. */
export interface StateReader {
  /** Resolves when the whole range has been passed on, in order. Rejects when a record cannot be parsed or the signal aborts. */
  read(range: ReadRange): Promise<void>;
  /** For the group, after a join: resumes the reads of partitions that are still assigned. */
  resume(assigned: ReadonlySet<number>): void;
  /** For the group's consumer. */
  readonly onBatch: (payload: EachBatchPayload) => Promise<void>;
}

interface Reading extends ReadRange {
  next: bigint;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

const recordsAtOnce = 500;

/**
 * The group's own consumer reads the ranges: a partition is resumed at the first offset wanted and paused again after the last.
 * The end is a record that is known to exist. The high watermark is no such end, because aborted records and markers at
 * the tail are never delivered.
 */
export function createStateReader(consumer: Pick<Consumer, "pause" | "resume" | "seek">, topic: string): StateReader {
  const readings = new Map<number, Reading>();
  const pause = (shard: number) => consumer.pause([{ topic, partitions: [shard] }]);
  const start = ({ shard, next }: Reading) => {
    consumer.seek({ topic, partition: shard, offset: String(next) });
    consumer.resume([{ topic, partitions: [shard] }]);
  };

  function read(range: ReadRange): Promise<void> {
    const { shard, from, signal } = range;
    signal.throwIfAborted();
    return new Promise<void>((resolve, reject) => {
      const end = () => {
        if (readings.get(shard) === reading) {
          readings.delete(shard);
          pause(shard);
        }
        signal.removeEventListener("abort", abort);
      };
      const fail = (error: unknown) => {
        end();
        reject(error);
      };
      const abort = () => fail(signal.reason);
      const done = () => {
        end();
        resolve();
      };
      const reading: Reading = { ...range, next: from, done, fail };
      readings.set(shard, reading);
      signal.addEventListener("abort", abort);
      start(reading);
    });
  }

  async function onBatch({ batch, heartbeat, isStale, isRunning }: EachBatchPayload): Promise<void> {
    const reading = readings.get(batch.partition);
    if (reading === undefined || isStale()) return;
    const wanted = batch.messages.filter(
      ({ offset }) => BigInt(offset) >= reading.next && BigInt(offset) <= reading.to,
    );
    for (let at = 0; at < wanted.length; at += recordsAtOnce) {
      if (!isRunning() || readings.get(batch.partition) !== reading || isStale()) return;
      try {
        const records = wanted.slice(at, at + recordsAtOnce).map(decode);
        await reading.onRecords(records);
        reading.next = (records.at(-1)?.offset ?? reading.next) + 1n;
      } catch (error) {
        reading.fail(error);
        return;
      }
      // Before the heartbeat, which throws in a rebalance: after the end of the range there may be nothing left to read.
      if (reading.next > reading.to) return reading.done();
      await heartbeat();
    }
    const last = batch.messages.at(-1);
    if (last !== undefined && BigInt(last.offset) >= reading.to) reading.done();
  }

  return {
    read,
    onBatch,
    resume: (assigned) => {
      for (const reading of readings.values()) if (assigned.has(reading.shard)) start(reading);
    },
  };
}

function decode({ key, value, headers, offset }: KafkaMessage): PositionedRecord {
  try {
    const raw = {
      key: key?.toString() ?? "",
      value: value?.toString() ?? null,
      header: (name: string) => headers?.[name]?.toString(),
    };
    return { offset: BigInt(offset), record: decodeState(raw), digest: () => digestOf(raw) };
  } catch (error) {
    throw new Error(`the state record at offset ${offset} cannot be parsed`, { cause: error });
  }
}
