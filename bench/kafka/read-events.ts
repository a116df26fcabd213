import { waitFor } from "../../dev/stack/wait-for.ts";
import { withTimeout } from "../../src/shared/with-timeout.ts";
import type { BenchContext } from "../context.ts";
import { connectKafka } from "./connect-kafka.ts";

/** One committed record. Times are in ms since the epoch. */
export interface SeenEvent {
  /** The header `svix-id`; empty without one. */
  readonly svixId: string;
  readonly partition: number;
  /** When the broker wrote the record (the commit follows within milliseconds). */
  readonly appendedAt: number;
  /** When the consumer received the record, with fractions of a ms. */
  readonly seenAt: number;
}

export interface EventReader extends AsyncDisposable {
  /** Waits for at least `atLeast` events and then for a short silence. Returns all events. Throws after a time-out. */
  all(atLeast: number): Promise<readonly SeenEvent[]>;
  /** Like `all`, of the events since the last call. The reader forgets them, so that it can read for hours. */
  take(atLeast: number): Promise<readonly SeenEvent[]>;
  /** Waits for the event of the message with this `svix-id`. To be called before the message is sent. */
  next(svixId: string): Promise<SeenEvent>;
}

const quietMs = 200;
const nextTimeoutMs = 10_000;

/** The machine's clock in ms since the epoch, with fractions. */
export const preciseNow = (): number => performance.timeOrigin + performance.now();

/**
 * Starts a read_committed consumer of a topic. Resolves when it is ready. It continues where the last reader of this topic
 * stopped; the first one starts at the beginning.
 */
export async function startEventReader(context: BenchContext, topic: string): Promise<EventReader> {
  const consumer = connectKafka(context).consumer({ groupId: `bench-${topic}`, readUncommitted: false });
  const events: SeenEvent[] = [];
  const expected = new Map<string, (event: SeenEvent) => void>();
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const seenAt = preciseNow();
      for (const { headers, timestamp } of batch.messages) {
        const svixId = String(headers?.["svix-id"] ?? "");
        const event = { svixId, partition: batch.partition, appendedAt: Number(timestamp), seenAt };
        events.push(event);
        expected.get(event.svixId)?.(event);
        expected.delete(event.svixId);
      }
    },
  });
  await joined.promise;
  const all = async (atLeast: number): Promise<readonly SeenEvent[]> => {
    const isAll = () => events.length >= atLeast && Date.now() - (events.at(-1)?.seenAt ?? 0) > quietMs;
    await waitFor(`${atLeast} events are read`, isAll, { deadlineMs: 30_000, intervalMs: 20 });
    return events;
  };
  return {
    all,
    take: async (atLeast) => {
      await all(atLeast);
      return events.splice(0);
    },
    next: (svixId) => {
      const seen = Promise.withResolvers<SeenEvent>();
      expected.set(svixId, seen.resolve);
      return withTimeout(nextTimeoutMs, seen.promise, () => new Error(`no event of ${svixId} in ${nextTimeoutMs} ms`));
    },
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}
