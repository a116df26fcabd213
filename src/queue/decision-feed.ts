import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { decisionsKey, decisionsWantedKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import type { Logger } from "../shared/logger.ts";

/** What a worker has done with one message. */
const messageReportSchema = z.object({
  /** In ms. */
  at: z.number(),
  shard: z.number(),
  /** Of the message; the `svix-id` for a webhook. */
  id: z.string(),
  type: z.string().optional(),
  userId: z.string().optional(),
  source: z.string().optional(),
  /** As in the metric `bridge_messages_decided_total`. */
  outcome: z.string(),
  /** For a message that gave no event: why, for people. */
  reason: z.string().optional(),
  eventId: z.string().optional(),
});
export type MessageReport = z.infer<typeof messageReportSchema>;

/** Shows operators what the workers decide, while an operator asks for it (`bridge tail --decisions`). */
export interface DecisionFeed {
  /** Whether an operator asks for the decisions now. */
  isWanted(): boolean;
  /** Hands the reports over when an operator asks for them. Neither waits nor throws: without Redis they are lost. */
  offer(reports: readonly MessageReport[]): void;
  stop(): void;
}

const pollMs = 1_000;
const wantedForSeconds = 10;
/** The feed is a stream that a reader at another terminal can follow, and nothing that must be kept. */
const maxReports = 2_000;
const keptForSeconds = 60;

export function startDecisionFeed(redis: RedisClient, redisPrefix: string, log: Logger): DecisionFeed {
  let wanted = false;
  const failed = (err: unknown) => log.debug({ event: "decision_feed.failed", err });
  const look = () => {
    if (redis.status !== "ready") return;
    redis.exists(decisionsWantedKey(redisPrefix)).then((found) => (wanted = found === 1), failed);
  };
  const timer = setInterval(look, pollMs);
  return {
    isWanted: () => wanted,
    offer: (reports) => {
      if (!wanted || reports.length === 0) return;
      const key = decisionsKey(redisPrefix);
      const pipeline = redis.pipeline();
      for (const report of reports)
        pipeline.xadd(key, "MAXLEN", "~", maxReports, "*", "report", JSON.stringify(report));
      pipeline.expire(key, keptForSeconds).exec().catch(failed);
    },
    stop: () => clearInterval(timer),
  };
}

const entriesSchema = z.array(z.tuple([z.string(), z.tuple([z.literal("report"), z.string()])]));

/**
 * Asks the workers for their decisions and passes on those from now on, until `signal` aborts. A worker begins within a second. Throws what
 * Redis throws.
 */
export async function followDecisions(
  redis: RedisClient,
  redisPrefix: string,
  { signal, onReports }: { signal: AbortSignal; onReports: (reports: readonly MessageReport[]) => void },
): Promise<void> {
  const key = decisionsKey(redisPrefix);
  let last = (await redis.xrevrange(key, "+", "-", "COUNT", 1))[0]?.[0] ?? "0";
  while (!signal.aborted) {
    await redis.set(decisionsWantedKey(redisPrefix), "1", "EX", wantedForSeconds);
    const entries = entriesSchema.parse(await redis.xrange(key, `(${last}`, "+", "COUNT", 500));
    last = entries.at(-1)?.[0] ?? last;
    onReports(entries.map(([, [, report]]) => messageReportSchema.parse(JSON.parse(report))));
    await delay(250, undefined, { signal }).catch(() => {});
  }
}
