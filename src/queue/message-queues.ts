import { randomUUID } from "node:crypto";
import type { JobsOptions, Queue } from "bullmq";
import { withTimeout } from "../shared/with-timeout.ts";
import { createGroupCommit } from "./group-commit.ts";
import { openQueue } from "./open-bullmq.ts";
import { jobDataSchema, type Message } from "../domain/message.ts";
import { shardPrefix, shardQueueName } from "../redis/keys.ts";
import { connectionErrorOf, type RedisClient } from "../redis/redis-client.ts";

export interface QueueMessagesOptions {
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  /** Time limit of one write, in ms. After it the caller gets a {@link RedisUnavailableError}. */
  readonly deadlineMs: number;
}

/** Adds messages to the queues of the shards. */
export interface MessageQueues {
  /** Resolves once Redis has stored the message. After a {@link RedisUnavailableError} the message may be stored or not. */
  add(shard: number, message: Message): Promise<void>;
  /** Like `add`, for a message whose job is finished: its id does not make it a redelivery. */
  requeue(shard: number, message: Message): Promise<void>;
  /** The number of jobs of the shard that wait for a worker; each has one or more messages. Throws what Redis throws. */
  countWaiting(shard: number): Promise<number>;
  /** When the oldest of these jobs was added, in ms; undefined when there is none. Throws what Redis throws. */
  oldestWaitingAt(shard: number): Promise<number | undefined>;
  /** The messages of the oldest waiting jobs of the shard, by job. Throws what Redis throws. */
  listWaiting(shard: number, jobs: number): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

/** The number of jobs that wait for a worker in these shards together. Throws what Redis throws. */
export async function countAllWaiting(
  queues: Pick<MessageQueues, "countWaiting">,
  shards: Iterable<number>,
): Promise<number> {
  const counts = await Promise.all(Array.from(shards, (shard) => queues.countWaiting(shard)));
  return counts.reduce((sum, count) => sum + count, 0);
}

export class RedisUnavailableError extends Error {
  override readonly name = "RedisUnavailableError";
}

const maxMessagesPerJob = 64;
/** BullMQ's job ids share a key space with the queue's own keys ("wait", "meta" …). They must not contain ":" or be all digits. */
const usableId = /^msg_[A-Za-z0-9_-]{1,100}$/;
/** A finished job of one message is kept for a while, so that its id rejects redeliveries. Later ones are found by the state. */
const keepAsDuplicateGuard = { age: 3_600, count: 1_000 };

/** The BullMQ options of a job. Only a single message gives its id to the job: an id made from several could collide and lose messages. */
export function jobOptionsFor(messages: readonly [Message, ...Message[]]): JobsOptions {
  const [first, ...rest] = messages;
  const alone = rest.length === 0 && usableId.test(first.id);
  return alone ? { jobId: first.id, removeOnComplete: keepAsDuplicateGuard } : anonymousJob();
}

const anonymousJob = (): JobsOptions => ({ jobId: `group-${randomUUID()}`, removeOnComplete: true });

/**
 * Opens the shards' queues for adding. While Redis is unavailable, every call fails at once; it works again as soon as Redis is
 * available.
 */
export function createMessageQueues({ redis, redisPrefix, deadlineMs }: QueueMessagesOptions): MessageQueues {
  const queues = new Map<number, Queue>();
  const groups = new Map<number, (message: Message) => Promise<void>>();

  // A BullMQ queue whose start failed, for example because Redis was unavailable, stays failed: the next write opens another.
  async function startedQueueOf(shard: number): Promise<Queue> {
    const queue =
      queues.get(shard) ?? openQueue({ redis, name: shardQueueName, prefix: shardPrefix(redisPrefix, shard) });
    queues.set(shard, queue);
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      if (queues.get(shard) === queue) queues.delete(shard);
      await queue.close();
      throw error;
    }
  }

  async function addJob(shard: number, messages: readonly Message[], options: JobsOptions): Promise<void> {
    if (redis.status !== "ready") {
      throw new RedisUnavailableError("Redis is not connected", { cause: connectionErrorOf(redis) });
    }
    const add = async () => (await startedQueueOf(shard)).add(shardQueueName, { messages }, options);
    await within(deadlineMs, add());
  }

  function groupOf(shard: number) {
    const group =
      groups.get(shard) ??
      createGroupCommit<Message>({
        maxItems: maxMessagesPerJob,
        write: (messages) => addJob(shard, messages, jobOptionsFor(messages)),
      });
    groups.set(shard, group);
    return group;
  }

  return {
    add: (shard, message) => groupOf(shard)(message),
    requeue: (shard, message) => addJob(shard, [message], anonymousJob()),
    countWaiting: async (shard) => (await startedQueueOf(shard)).getWaitingCount(),
    oldestWaitingAt: async (shard) => (await (await startedQueueOf(shard)).getWaiting(0, 0))[0]?.timestamp,
    listWaiting: async (shard, jobs) => {
      const waiting = await (await startedQueueOf(shard)).getWaiting(0, jobs - 1);
      return waiting.map(({ data }) => jobDataSchema.safeParse(data).data?.messages ?? []);
    },
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

async function within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
  const overdue = () => new RedisUnavailableError(`no answer from Redis in ${deadlineMs} ms`);
  try {
    await withTimeout(deadlineMs, work, overdue);
  } catch (error) {
    throw error instanceof RedisUnavailableError
      ? error
      : new RedisUnavailableError("Redis refused the write", { cause: error });
  }
}
