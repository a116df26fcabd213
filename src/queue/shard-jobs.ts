import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Job, Queue, Worker } from "bullmq";
import type { Logger } from "../shared/logger.ts";
import { jobDataSchema, type Message } from "../domain/message.ts";
import { createJobSignal } from "./job-signal.ts";
import { shardPrefix, shardQueueName } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** A job this owner holds. Its messages are as they were stored; nobody has checked them yet. */
export interface ClaimedJob {
  readonly id: string;
  readonly messages: readonly unknown[];
}

/** The jobs of one shard, for its owner. */
export interface ShardJobs {
  /**
   * Waits about a second for a first job, then takes what else is there, without waiting, up to `maxMessages` in all (the
   * first job is taken whatever it holds). An empty list when nothing came.
   */
  claim(maxMessages: number): Promise<ClaimedJob[]>;
  /**
   * The jobs are done: BullMQ forgets them, or keeps their ids for a while. In the same breath takes what waits, as
   * `claim` does but without waiting; nothing for 0 messages. Throws when a job is no longer this owner's; what it took by
   * then is handed back to the next owner.
   */
  completeAndClaim(jobs: readonly ClaimedJob[], maxMessages: number): Promise<ClaimedJob[]>;
  /** Puts jobs of this owner back to the front of the queue; what is no longer its own stays where it is. */
  release(jobs: readonly ClaimedJob[]): Promise<void>;
  /**
   * Puts back every active job: those an earlier owner held when it died, or took after it had lost the shard. Only the
   * owner may do this, and only with no job in hand. Returns how many there were.
   */
  requeueAbandoned(): Promise<number>;
  /** Queues messages again as a job of their own that waits. */
  delay(messages: readonly Message[], delayMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How many more jobs are asked for at first, and how much more each time when all of them came. */
const firstRound = 4;
const roundGrowth = 4;
/**
 * Nobody looks for stalled jobs here: the owner of a shard hands back what others left, so a job is never failed and no
 * lock has to be renewed. The lock only tells whose a job is; it outlives any batch.
 */
const lockDurationMs = 10 * 60_000;
const closeWithinMs = 3_000;
/** BullMQ skips the lock's check for this token. */
const anyToken = "0";

/** Opens a shard's queue for taking. `redis` is shared by all shards; each gets one more connection to wait on (and BullMQ one). */
export function createShardJobs(redis: RedisClient, redisPrefix: string, shard: number, log: Logger): ShardJobs {
  const token = randomUUID();
  const worker = new Worker(shardQueueName, null, {
    connection: redis,
    prefix: shardPrefix(redisPrefix, shard),
    autorun: false,
    lockDuration: lockDurationMs,
    skipStalledCheck: true,
    skipLockRenewal: true,
  });
  const queue = new Queue(shardQueueName, { connection: redis, prefix: shardPrefix(redisPrefix, shard) });
  queue.on("error", (error) => log.debug({ event: "bullmq.error", shard, err: error }));
  worker.on("error", (error) => log.debug({ event: "bullmq.error", shard, err: error }));

  const signal = createJobSignal(redis, worker.toKey("marker"));

  const held = new Map<string, Job>();
  let mayHaveMore = true;
  // How many there were last time: a full queue is then emptied with one question and not with six, each larger.
  let expected = firstRound;

  const adopt = (job: Job | undefined): ClaimedJob[] => {
    mayHaveMore = job?.id !== undefined;
    if (job?.id === undefined) return [];
    held.set(job.id, job);
    return [toClaimed(job.id, job)];
  };
  const next = async () => adopt(await worker.getNextJob(token, { block: false }));

  const release = async (jobs: readonly ClaimedJob[]) => {
    await Promise.allSettled(
      // Each goes to the front: the last one first, or they would stand there in reverse.
      jobs.toReversed().map(({ id }) => {
        held.delete(id);
        return worker.backend.moveJobFromActiveToWait(id, token);
      }),
    );
  };

  async function claimMore(first: readonly ClaimedJob[], maxMessages: number): Promise<ClaimedJob[]> {
    const jobs = [...first];
    for (let round = Math.max(firstRound, expected - jobs.length); ; round *= roundGrowth) {
      const asked = Math.min(round, maxMessages - countMessages(jobs));
      if (asked <= 0) break;
      const more = (await Promise.all(Array.from({ length: asked }, next))).flat();
      jobs.push(...more);
      if (more.length < asked) break;
    }
    expected = jobs.length;
    const fitting = fittingIn(maxMessages, jobs);
    await release(jobs.slice(fitting));
    return jobs.slice(0, fitting);
  }

  return {
    claim: async (maxMessages) => {
      if (!mayHaveMore) await signal.wait();
      const first = await next();
      return first.length === 0 ? [] : claimMore(first, maxMessages);
    },
    completeAndClaim: async (jobs, maxMessages) => {
      const taken = await Promise.all(
        jobs.map(async ({ id }) => {
          const job = held.get(id);
          if (job === undefined) throw new Error(`job ${id} is not in hand`);
          held.delete(id);
          const [data, nextId] = (await job.moveToCompleted("", token, maxMessages > 0)) ?? [];
          return data ? adopt(Job.fromJSON(worker, data, nextId)) : [];
        }),
      );
      const first = taken.flat();
      // Fewer than were completed: there were no more.
      return first.length < jobs.length ? first : claimMore(first, maxMessages);
    },
    release,
    requeueAbandoned: async () => {
      const [active = []] = await worker.backend.getRanges(["active"], 0, -1);
      await Promise.all(active.map((id) => worker.backend.moveJobFromActiveToWait(id, anyToken)));
      return active.length;
    },
    delay: async (messages, delayMs) => {
      await queue.add(
        shardQueueName,
        { messages },
        { jobId: `later-${randomUUID()}`, delay: delayMs, removeOnComplete: true },
      );
    },
    close: async () => {
      signal.close();
      const closed = Promise.allSettled([worker.close(), queue.close()]);
      // BullMQ waits for ever for the end of a connection to a cluster that is away as a whole.
      await Promise.race([closed, delay(closeWithinMs, undefined, { ref: false })]);
    },
  };
}

const countMessages = (jobs: readonly ClaimedJob[]) => jobs.reduce((sum, job) => sum + job.messages.length, 0);

/** How many of the jobs, from the first on, hold at most so many messages together; at least one. */
function fittingIn(maxMessages: number, jobs: readonly ClaimedJob[]): number {
  let messages = 0;
  const surplus = jobs.findIndex((job) => (messages += job.messages.length) > maxMessages);
  return surplus === -1 ? jobs.length : Math.max(1, surplus);
}

function toClaimed(id: string, job: Job): ClaimedJob {
  const data = jobDataSchema.safeParse(job.data);
  return { id, messages: data.success ? data.data.messages : [job.data] };
}
