import { randomUUID } from "node:crypto";
import { type JobsOptions, Queue } from "bullmq";
import { withTimeout } from "../shared/with-timeout.ts";
import { createGroupCommit } from "./group-commit.ts";
import type { Message } from "../domain/message.ts";
import { shardPrefix, shardQueueName } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

export interface QueueMessagesOptions {
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  /** How long one write may take, ms; after that the caller hears that Redis is away. */
  readonly deadlineMs: number;
}

/** Hands messages to the queue of a shard. */
export interface MessageQueues {
  /** Resolves once Redis holds the message. Throws {@link RedisUnavailableError} when it may not; it may still hold it then. */
  add(shard: number, message: Message): Promise<void>;
  /** As `add`, for a message whose job is finished: its id does not turn it away as a redelivery. */
  requeue(shard: number, message: Message): Promise<void>;
  /** Jobs of the shard that nobody has taken yet, of one message or more each. Throws when Redis does. */
  countWaiting(shard: number): Promise<number>;
  close(): Promise<void>;
}

export class RedisUnavailableError extends Error {
  override readonly name = "RedisUnavailableError";
}

const maxMessagesPerJob = 64;
/** BullMQ ids share a key space with the queue's own keys ("wait", "meta" …), must not hold ":" and not be all digits. */
const usableId = /^msg_[A-Za-z0-9_-]{1,100}$/;
/** A finished job of one message is kept a while, so that its id turns a redelivery away; the state decides after that. */
const keepAsDuplicateGuard = { age: 3_600, count: 1_000 };

/** The BullMQ options of a job: only a message alone has its own id; an id made from several would collide and lose some. */
export function jobOptionsFor(messages: readonly [Message, ...Message[]]): JobsOptions {
  const [first, ...rest] = messages;
  const alone = rest.length === 0 && usableId.test(first.id);
  return alone ? { jobId: first.id, removeOnComplete: keepAsDuplicateGuard } : anonymousJob();
}

const anonymousJob = (): JobsOptions => ({ jobId: `group-${randomUUID()}`, removeOnComplete: true });

/**
 * Opens the shards' queues for adding. Works while Redis is away, too: it then fails at once, and works again when
 * Redis is back.
 */
export function createMessageQueues({ redis, redisPrefix, deadlineMs }: QueueMessagesOptions): MessageQueues {
  const queues = new Map<number, Queue>();
  const groups = new Map<number, (message: Message) => Promise<void>>();

  // A BullMQ queue whose start failed, as when Redis goes away just then, stays failed: the next write opens another.
  async function startedQueueOf(shard: number): Promise<Queue> {
    const queue = queues.get(shard) ?? openQueue(redis, shardPrefix(redisPrefix, shard));
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
    if (redis.status !== "ready") throw new RedisUnavailableError("Redis is not connected");
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
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

function openQueue(redis: RedisClient, prefix: string): Queue {
  const queue = new Queue(shardQueueName, {
    connection: redis,
    prefix,
    // Nobody reads BullMQ's event stream here; it would only take memory.
    streams: { events: { maxLen: 10 } },
  });
  queue.on("error", () => {
    // The connection's own listener has logged it, and the caller of add() hears of it.
  });
  return queue;
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
