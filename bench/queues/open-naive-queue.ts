import { Queue } from "bullmq";
import { stripUser } from "../../src/clerk/payloads/user-json.ts";
import type { BenchContext } from "../context.ts";
import type { BenchMessage } from "../messages/make-message.ts";
import { clerkEventSchema, type NaiveJob } from "../naive/event.ts";
import type { BenchQueues } from "./bench-queues.ts";

const jobsPerCall = 500;

/** The naive receiver's queue with this name. `fill` adds one job per message, with the same fields removed as in ours. */
export function openNaiveQueue({ redisUrl }: BenchContext, name: string): BenchQueues {
  const queue = new Queue<NaiveJob>(name, { connection: { url: redisUrl } });
  return {
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    fill: async (messages) => {
      const jobs = messages.map((message) => ({
        name: "user.updated",
        data: jobOf(message),
        opts: { removeOnComplete: true },
      }));
      for (let at = 0; at < jobs.length; at += jobsPerCall) await queue.addBulk(jobs.slice(at, at + jobsPerCall));
    },
    countJobs: () => queue.getJobCountByTypes("wait", "active"),
    countMessages: () => queue.getWaitingCount(),
    [Symbol.asyncDispose]: () => queue.close(),
  };
}

function jobOf({ id, userId, body }: BenchMessage): NaiveJob {
  const { type, timestamp, data } = clerkEventSchema.parse(JSON.parse(body));
  return {
    svixId: id,
    event: clerkEventSchema.parse({ type, timestamp, data: { ...stripUser(data, []).data, id: userId } }),
  };
}
