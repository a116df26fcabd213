import { Redis } from "ioredis";
import type { BenchContext } from "../context.ts";
import { connectKafka } from "../kafka/connect-kafka.ts";
import { createEventsTopic } from "../kafka/create-events-topic.ts";
import { preciseNow, startEventReader } from "../kafka/read-events.ts";
import type { BenchMessage } from "../messages/make-message.ts";

/** In ms: all of it, and its parts in order. */
export interface FloorTimes {
  readonly total: number;
  readonly stored: number;
  readonly written: number;
  readonly committed: number;
  readonly consumed: number;
}

/**
 * Opens the floor: the least that any bridge with the same promise does for a message, which is one durable write to Redis, one transaction
 * over a partition of each of two topics with the same client, and the consumer's fetch.
 */
export async function openFloor(context: BenchContext, name: string) {
  await using opened = new AsyncDisposableStack();
  const [topic, stateTopic] = [`${name}.events`, `${name}.state`];
  await createEventsTopic(context, topic);
  await createEventsTopic(context, stateTopic);
  const redis = opened.adopt(new Redis(context.redisUrl), (connection) => connection.disconnect());
  const producer = opened.adopt(
    connectKafka(context).producer({ transactionalId: name, idempotent: true, maxInFlightRequests: 1 }),
    (it) => it.disconnect(),
  );
  await producer.connect();
  const reader = opened.use(await startEventReader(context, topic));
  let sent = 0;
  const send = async ({ id, body }: BenchMessage): Promise<FloorTimes> => {
    const partition = sent++ % context.shards;
    const seen = reader.next(id);
    const sentAt = preciseNow();
    await redis.set(name, body);
    const storedAt = preciseNow();
    const transaction = await producer.transaction();
    await transaction.sendBatch({
      topicMessages: [
        { topic, messages: [{ partition, value: body.slice(0, 600), headers: { "svix-id": id } }] },
        { topic: stateTopic, messages: [{ partition, value: body.slice(0, 400) }] },
      ],
    });
    const writtenAt = preciseNow();
    await transaction.commit();
    const committedAt = preciseNow();
    const { seenAt } = await seen;
    return {
      total: seenAt - sentAt,
      stored: storedAt - sentAt,
      written: writtenAt - storedAt,
      committed: committedAt - writtenAt,
      consumed: seenAt - committedAt,
    };
  };
  const owned = opened.move();
  return { send, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
