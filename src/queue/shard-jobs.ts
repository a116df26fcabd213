import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Job } from "bullmq";
import type { Logger } from "../shared/logger.ts";
import { jobDataSchema, type Message } from "../domain/message.ts";
import { createJobSignal } from "./job-signal.ts";
import { openQueue, openWorker } from "./open-bullmq.ts";
import { shardPrefix, shardQueueName } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { redisReason } from "../redis/redis-reason.ts";

/** A job that this owner has claimed. Its messages are unverified: they are what was stored. */
export interface ClaimedJob {
  readonly id: string;
  readonly messages: readonly unknown[];
}

/** The jobs of one shard, for its owner. */
export interface ShardJobs {
  /**
   * Waits about a second for a first job, then claims further jobs without waiting, up to `maxMessages` messages in total. The first
   * job is claimed whatever its size, and large messages make a smaller batch. Resolves with an empty list when no job came.
   */
  claim(maxMessages: number): Promise<ClaimedJob[]>;
  /** The batch with further waiting jobs, up to `maxMessages` messages in total, without waiting. */
  claimMore(batch: readonly ClaimedJob[], maxMessages: number): Promise<ClaimedJob[]>;
  /**
   * Completes the jobs; BullMQ keeps the ids of some for a while. At the same time it claims waiting jobs, as `claim` does but without
   * waiting, and none for 0 messages. Throws when a job is no longer this owner's; the next owner requeues what this call
   * has claimed.
   */
  completeAndClaim(jobs: readonly ClaimedJob[], maxMessages: number): Promise<ClaimedJob[]>;
  /** Moves jobs of this owner back to the front of the queue. Jobs that it has lost stay where they are. */
  release(jobs: readonly ClaimedJob[]): Promise<void>;
  /**
   * Moves every active job back: jobs that an earlier owner held when it died, or claimed after it had lost the shard. Only the owner
   * may call it, and only while it holds no job. Resolves with the number of jobs.
   */
  requeueAbandoned(): Promise<number>;
  /** Queues messages again as a delayed job. */
  delay(messages: readonly Message[], delayMs: number): Promise<void>;
  close(): Promise<void>;
}

/** The most jobs requested at once while the size of a job is unknown, and the factor of each further round while all requested jobs came. */
const firstRound = 4;
const roundGrowth = 4;
/**
 * Characters of one batch, as JSON. Redis holds the answers to one round of requests in its memory at the same time, so in a Redis
 * that is nearly full a round of large jobs would be refused again and again.
 */
const maxBatchCharacters = 1_000_000;
/**
 * BullMQ's check for stalled jobs is off: the owner of a shard requeues what earlier owners left, so a job never fails and no lock
 * is renewed. The lock only tells which owner has a job, and it outlasts any batch.
 */
const lockDurationMs = 10 * 60_000;
const closeTimeoutMs = 3_000;
/** BullMQ does not check the lock for this token. */
const anyToken = "0";

interface HeldJob {
  readonly job: Job;
  readonly characters: number;
}

/** Opens a shard's queue for its owner. All shards share `redis`; each opens one more connection for waiting, and BullMQ another. */
export function createShardJobs(redis: RedisClient, redisPrefix: string, shard: number, log: Logger): ShardJobs {
  const token = randomUUID();
  const queueOptions = {
    redis,
    name: shardQueueName,
    prefix: shardPrefix(redisPrefix, shard),
    onError: (error: Error) => log.debug({ event: "bullmq.error", shard, err: error }),
  };
  const worker = openWorker(queueOptions, null, {
    lockDuration: lockDurationMs,
    skipStalledCheck: true,
    skipLockRenewal: true,
  });
  const queue = openQueue(queueOptions);
  const signal = createJobSignal(redis, worker.toKey("marker"));

  const held = new Map<string, HeldJob>();
  let mayHaveMore = true;
  // The number of jobs of the last batch. One more is requested, so that nearly every batch takes one round: each one waits for an fsync.
  let expected = 1;

  const adopt = (job: Job | undefined): ClaimedJob[] => {
    mayHaveMore = job?.id !== undefined;
    if (job?.id === undefined) return [];
    held.set(job.id, { job, characters: JSON.stringify(job.data).length });
    return [toClaimed(job.id, job)];
  };
  const next = async () => adopt(await worker.getNextJob(token, { block: false }));

  const release = async (jobs: readonly ClaimedJob[]) => {
    await Promise.allSettled(
      // Each goes to the front, so the last one goes first to keep the order.
      jobs.toReversed().map(({ id }) => {
        held.delete(id);
        return worker.backend.moveJobFromActiveToWait(id, token);
      }),
    );
  };

  /** The number of further jobs that the batch has room for, if they are as large as its jobs are on average. */
  const roomAfter = (jobs: readonly ClaimedJob[]) => {
    const used = jobs.reduce((sum, { id }) => sum + (held.get(id)?.characters ?? 0), 0);
    return jobs.length === 0 ? firstRound : Math.floor((maxBatchCharacters - used) / (used / jobs.length));
  };

  async function claimMore(first: readonly ClaimedJob[], maxMessages: number): Promise<ClaimedJob[]> {
    const jobs = [...first];
    const least = Math.max(1, Math.min(firstRound, jobs.length));
    for (let round = Math.max(least, expected + 1 - jobs.length); ; round *= roundGrowth) {
      const asked = Math.min(round, maxMessages - countMessages(jobs), roomAfter(jobs));
      if (asked <= 0) break;
      const answers = await Promise.allSettled(Array.from({ length: asked }, next));
      const more = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      jobs.push(...more);
      const failed = answers.find((answer) => answer.status === "rejected");
      // A full Redis has claimed nothing for this answer. Completing the batch makes room.
      if (failed !== undefined && (jobs.length === 0 || redisReason(failed.reason) !== "oom")) throw failed.reason;
      if (more.length < asked) break;
    }
    expected = Math.max(1, jobs.length);
    const fitting = fittingIn(maxMessages, jobs);
    await release(jobs.slice(fitting));
    return jobs.slice(0, fitting);
  }

  return {
    claim: async (maxMessages) => {
      if (!mayHaveMore) await signal.wait();
      return claimMore([], maxMessages);
    },
    claimMore,
    completeAndClaim: async (jobs, maxMessages) => {
      const taken = await Promise.all(
        jobs.map(async ({ id }) => {
          const found = held.get(id);
          if (found === undefined) throw new Error(`job ${id} is not held`);
          held.delete(id);
          const [data, nextId] = (await found.job.moveToCompleted("", token, maxMessages > 0)) ?? [];
          return data ? adopt(Job.fromJSON(worker, data, nextId)) : [];
        }),
      );
      const first = taken.flat();
      // Fewer jobs than were completed: the queue is empty.
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
      // BullMQ waits for ever for the end of a connection to a cluster that is unavailable as a whole.
      await Promise.race([closed, delay(closeTimeoutMs, undefined, { ref: false })]);
    },
  };
}

const countMessages = (jobs: readonly ClaimedJob[]) => jobs.reduce((sum, job) => sum + job.messages.length, 0);

/** The number of leading jobs that together have at most `maxMessages` messages; at least one. */
function fittingIn(maxMessages: number, jobs: readonly ClaimedJob[]): number {
  let messages = 0;
  const surplus = jobs.findIndex((job) => (messages += job.messages.length) > maxMessages);
  return surplus === -1 ? jobs.length : Math.max(1, surplus);
}

function toClaimed(id: string, job: Job): ClaimedJob {
  const data = jobDataSchema.safeParse(job.data);
  return { id, messages: data.success ? data.data.messages : [job.data] };
}
