import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { z } from "zod";
import { stripUser } from "../../src/clerk/payloads/user-json.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import type { Message } from "../../src/domain/message.ts";
import { createMessageQueues } from "../../src/queue/message-queues.ts";
import { shardPrefix, shardQueueName } from "../../src/redis/keys.ts";
import type { BenchContext } from "../context.ts";
import { defaultConnections } from "../load/run-wrk.ts";
import type { BenchMessage } from "../messages/make-message.ts";
import type { BenchQueues } from "./bench-queues.ts";
import { clerkEventSchema } from "../naive/event.ts";

/**
 * How `fill` passes messages to our queue code. `alone`: one at a time per shard, so that each message is its own job.
 * `grouped`: 64 at a time, as from 64 connections, so that messages for a shard with a running write share its next job.
 */
export type Arrival = "alone" | "grouped";

const jobSchema = z.object({ messages: z.array(z.unknown()) });

/** The queues of all shards of the bridge with this name. */
export async function openOurQueues(
  { redisUrl, shards }: BenchContext,
  name: string,
  arrival: Arrival = "grouped",
): Promise<BenchQueues> {
  await using opened = new AsyncDisposableStack();
  const redis = opened.adopt(new Redis(redisUrl), (connection) => connection.disconnect());
  await redis.ping(); // Our queue code rejects messages before the connection is open.
  const queues = Array.from({ length: shards }, (_, shard) =>
    opened.adopt(new Queue(shardQueueName, { connection: redis, prefix: shardPrefix(name, shard) }), (queue) =>
      queue.close(),
    ),
  );
  const intake = opened.adopt(createMessageQueues({ redis, redisPrefix: name, deadlineMs: 10_000 }), (open) =>
    open.close(),
  );
  const shardOf = createShardOf(shards);
  const sum = async (count: (queue: Queue) => Promise<number>) =>
    (await Promise.all(queues.map(count))).reduce((total, each) => total + each, 0);

  return {
    pause: async () => void (await Promise.all(queues.map((queue) => queue.pause()))),
    resume: async () => void (await Promise.all(queues.map((queue) => queue.resume()))),
    fill: async (messages) => {
      const groups = Map.groupBy(messages, ({ userId }, index) =>
        arrival === "alone" ? shardOf(userId) : index % defaultConnections,
      );
      await Promise.all(
        [...groups.values()].map(async (group) => {
          for (const message of group) await intake.add(shardOf(message.userId), queuedForm(message));
        }),
      );
    },
    countJobs: () => sum((queue) => queue.getJobCountByTypes("wait", "active")),
    countMessages: () =>
      sum(async (queue) =>
        (await queue.getWaiting()).reduce((total, { data }) => total + jobSchema.parse(data).messages.length, 0),
      ),
    [Symbol.asyncDispose]: disposeOf(opened.move()),
  };
}

const disposeOf = (stack: AsyncDisposableStack) => () => stack.disposeAsync();

/** The message as our receiver passes it to the queue. */
function queuedForm({ id, body }: BenchMessage): Message {
  const { timestamp, data } = clerkEventSchema.parse(JSON.parse(body));
  const receivedAt = Date.now();
  return { id, source: "webhook", type: "user.updated", timestamp, receivedAt, readAt: 0, ...stripUser(data, []) };
}
