import {
  Consumer,
  type ConsumerOptions,
  FetchIsolationLevels,
  ListOffsetTimestamps,
  type Message,
  type MessagesStream,
  type StreamOptions,
} from "@platformatic/kafka";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { FollowOptions, RecordSource } from "./start-user-projection.ts";
import type { PlacedRecord } from "./user-projection.ts";

type Options = Omit<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>, "groupId">;
type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/** Records in one transaction of the store. */
const chunk = 500;
const retryDelayMs = 1_000;
const isolationLevel = FetchIsolationLevels.READ_COMMITTED;

/**
 * Reads with @platformatic/kafka. `options` are those of its `Consumer`; `READ_UNCOMMITTED` is refused, because it delivers events of aborted
 * transactions. While the store or Kafka is unavailable, the same records are tried again every second.
 */
export function createPlatformaticSource(options: Options): RecordSource {
  if (options.isolationLevel !== undefined && options.isolationLevel !== isolationLevel) {
    throw new TypeError("The projection must read with read_committed: set `isolationLevel` to READ_COMMITTED.");
  }
  const createConsumer = (groupId: string) => new Consumer({ ...options, groupId, isolationLevel });

  const consume = async (
    consumer: ReturnType<typeof createConsumer>,
    from: Pick<StreamOptions, "topics" | "mode" | "fallbackMode">,
  ): Promise<Stream> => {
    const stream = await consumer.consume({ ...from, autocommit: false });
    // Without a listener the stream stops fetching, and does not begin again.
    stream.on("readable", () => {});
    return stream;
  };

  const withConsumer = async <T>(
    groupId: string,
    work: (consumer: ReturnType<typeof createConsumer>) => Promise<T>,
  ): Promise<T> => {
    const consumer = createConsumer(groupId);
    try {
      return await work(consumer);
    } finally {
      await closeConsumer(consumer);
    }
  };

  const follow = async ({ topic, groupId, onRecords }: FollowOptions) => {
    const stopped = new AbortController();
    const open = async () => {
      const consumer = createConsumer(groupId);
      const stream = await consume(consumer, { topics: [topic], mode: "committed", fallbackMode: "earliest" });
      return { consumer, stream };
    };

    const run = async ({ consumer, stream }: Awaited<ReturnType<typeof open>>): Promise<void> => {
      try {
        while (!stopped.signal.aborted) {
          const messages = await pull(stream);
          if (messages.length === 0) continue;
          await onRecords(messages.map(recordOf), async () => {});
          await consumer.commit({ offsets: offsetsAfter(messages) });
        }
      } finally {
        await endStream(stream);
        await closeConsumer(consumer);
      }
    };

    const first = await open();
    const running = (async () => {
      let opened: typeof first | undefined = first;
      while (!stopped.signal.aborted) {
        try {
          await run(opened ?? (await open()));
        } catch {
          // The group's position has not moved, so the next attempt reads the same records.
          await setTimeout(retryDelayMs, undefined, { signal: stopped.signal }).catch(() => undefined);
        }
        opened = undefined;
      }
    })();
    return {
      stop: async () => {
        stopped.abort();
        await running;
      },
    };
  };

  return {
    readPositions: (topic, groupId) =>
      withConsumer(groupId, async (consumer) => {
        const [low, high] = await Promise.all(
          [ListOffsetTimestamps.EARLIEST, ListOffsetTimestamps.LATEST].map((timestamp) =>
            consumer.listOffsets({ topics: [topic], timestamp }),
          ),
        );
        const highs = high?.get(topic) ?? [];
        const partitions = highs.map((_, partition) => partition);
        const committed = await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
        return partitions.map((partition) => {
          const offset = committed.get(topic)?.[partition] ?? -1n;
          return {
            partition,
            low: low?.get(topic)?.[partition] ?? 0n,
            high: highs[partition] ?? 0n,
            committed: offset < 0n ? undefined : offset,
          };
        });
      }),

    readToEnd: (topic, onRecords) =>
      withConsumer(`${topic}.read-${randomUUID()}`, async (consumer) => {
        const ends = (await consumer.listOffsets({ topics: [topic], isolationLevel })).get(topic) ?? [];
        const starts = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.EARLIEST });
        const open = ends.flatMap((end, partition) =>
          (starts.get(topic)?.[partition] ?? 0n) < end ? [{ end, place: `${topic}:${partition}` }] : [],
        );
        if (open.length === 0) return;
        const stream = await consume(consumer, { topics: [topic], mode: "earliest" });
        try {
          while (true) {
            // The position moves before its messages can be read: only a look without messages that began at the end counts.
            const isAtEnd = open.every((span) => (stream.offsetsToFetch.get(span.place) ?? 0n) >= span.end);
            const messages = await pull(stream);
            if (messages.length > 0) await onRecords(messages.map(recordOf));
            else if (isAtEnd) return;
          }
        } finally {
          await endStream(stream);
        }
      }),

    follow,
  };
}

/** The messages that have arrived, up to one chunk; waits for some, but not for long. Rejects when the stream has ended. */
async function pull(stream: Stream): Promise<Message[]> {
  const messages: Message[] = [];
  const read = () => {
    while (messages.length < chunk) {
      const message: Message | null = stream.read();
      if (message === null) break;
      messages.push(message);
    }
  };
  read();
  if (messages.length > 0) return messages;
  const waiting = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once("readable", resolve);
      stream.once("error", reject);
      setTimeout(100, undefined, { signal: waiting.signal }).then(resolve, () => undefined);
      waiting.signal.addEventListener("abort", () => {
        stream.off("readable", resolve);
        stream.off("error", reject);
      });
    });
  } finally {
    waiting.abort();
  }
  if (stream.errored) throw stream.errored;
  if (stream.closed) throw new Error("the stream of messages has ended");
  read();
  return messages;
}

/** Ends a stream whose messages may not all have been read. Its own `close` would wait for that, and the group for the member. */
async function endStream(stream: Stream): Promise<void> {
  if (stream.closed) return;
  const closed = once(stream, "close");
  stream.destroy();
  await closed;
}

/** Closes a consumer at once, without waiting for its streams. */
function closeConsumer(consumer: Pick<Consumer, "close">): Promise<void> {
  return new Promise((resolve, reject) => {
    consumer.close(true, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

const recordOf = ({ topic, partition, offset, key, value, headers }: Message) =>
  ({ topic, partition, offset, key, value, headers }) satisfies PlacedRecord;

function offsetsAfter(messages: readonly Message[]) {
  const last = new Map(messages.map((message) => [`${message.topic}:${message.partition}`, message]));
  return [...last.values()].map(({ topic, partition, offset }) => ({
    topic,
    partition,
    offset: offset + 1n,
    leaderEpoch: -1,
  }));
}
