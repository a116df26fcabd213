import { waitFor } from "../../dev/stack/wait-for.ts";
import type { BenchContext } from "../context.ts";
import { connectKafka } from "./connect-kafka.ts";

/** One committed record. Times are in ms since the epoch. */
export interface SeenEvent {
  /** The header `svix-id`; empty without one. */
  readonly svixId: string;
  /** When the broker wrote the record (the commit follows within milliseconds). */
  readonly appendedAt: number;
  /** When the consumer received the record. */
  readonly seenAt: number;
}

export interface EventReader extends AsyncDisposable {
  /** Waits for at least `atLeast` events and then for a short silence. Returns all events. Throws after a time-out. */
  all(atLeast: number): Promise<readonly SeenEvent[]>;
}

const quietMs = 200;

/**
 * Starts a read_committed consumer of a topic. Resolves when it is ready. It continues where the last reader of this topic
 * stopped; the first one starts at the beginning.
 */
export async function startEventReader(context: BenchContext, topic: string): Promise<EventReader> {
  const consumer = connectKafka(context).consumer({ groupId: `bench-${topic}`, readUncommitted: false });
  const events: SeenEvent[] = [];
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const seenAt = Date.now();
      for (const { headers, timestamp } of batch.messages) {
        events.push({ svixId: String(headers?.["svix-id"] ?? ""), appendedAt: Number(timestamp), seenAt });
      }
    },
  });
  await joined.promise;
  return {
    all: async (atLeast) => {
      const isAll = () => events.length >= atLeast && Date.now() - (events.at(-1)?.seenAt ?? 0) > quietMs;
      await waitFor(`${atLeast} events are read`, isAll, { deadlineMs: 30_000, intervalMs: 20 });
      return events;
    },
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}
