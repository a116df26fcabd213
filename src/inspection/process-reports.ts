import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { processesKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import type { Logger } from "../shared/logger.ts";
import { programVersion } from "../shared/program-config.ts";
import { withTimeout } from "../shared/with-timeout.ts";
import { parseJson } from "../shared/parse-json.ts";

const count = z.number().int().nonnegative();

/** What a running program knows of itself. Counts are those since its start. */
const processReportSchema = z.object({
  id: z.string(),
  program: z.enum(["api", "worker"]),
  host: z.string(),
  pid: count,
  version: z.string(),
  /** In ms by the process's clock, as `at`. */
  startedAt: z.number(),
  at: z.number(),
  /** `lastAcceptedAt`: in ms; absent before the first one. */
  webhooks: z.object({ received: count, rejected: count, lastAcceptedAt: z.number().optional() }),
  events: count,
  /** Seconds from receipt to commit in the last minute; null without an event. */
  endToEndSeconds: z.object({ p50: z.number(), p99: z.number() }).nullable(),
  /** The shards that are assigned to a worker. `problem`: why the shard was last dropped, if it has made no progress since. */
  shards: z.array(z.object({ shard: count, phase: z.string(), problem: z.string().optional() })),
});
export type ProcessReport = z.infer<typeof processReportSchema>;
export type ReportContent = Pick<ProcessReport, "webhooks" | "events" | "endToEndSeconds" | "shards">;

const intervalMs = 2_000;
/** Without a report for this time, a process counts as dead. */
const silentAfterMs = 10_000;
const forgottenAfterMs = 60_000;
const stopTimeoutMs = 300;

export interface ProcessReports {
  /** Removes the process from the list. Never fails. */
  stop(): Promise<void>;
}

/**
 * Writes what the process knows of itself into Redis every two seconds, so that `bridge status` and the console show all processes. A
 * failed write is repeated with the next report.
 */
export function startProcessReports(
  program: ProcessReport["program"],
  {
    redis,
    redisPrefix,
    read,
    now,
    log,
  }: {
    readonly redis: RedisClient;
    readonly redisPrefix: string;
    readonly read: () => Promise<ReportContent>;
    readonly now: () => number;
    readonly log: Logger;
  },
): ProcessReports {
  const key = processesKey(redisPrefix);
  const self = {
    id: randomUUID(),
    program,
    host: hostname(),
    pid: process.pid,
    version: programVersion,
    startedAt: now(),
  };
  const stopping = new AbortController();
  const { signal } = stopping;

  async function write(): Promise<void> {
    const report: ProcessReport = { ...self, ...(await read()), at: now() };
    await redis.multi().hset(key, self.id, JSON.stringify(report)).pexpire(key, forgottenAfterMs).exec();
  }

  async function run(): Promise<void> {
    await forgetDead(redis, key, now()).catch(() => {});
    while (!signal.aborted) {
      await write().catch((error: unknown) => log.debug({ event: "process.report_failed", err: error }));
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      const remove = running.then(() => redis.hdel(key, self.id));
      await withTimeout(stopTimeoutMs, remove, () => new Error("no answer from Redis")).catch(() => {});
    },
  };
}

/** The programs that run now, oldest first. Throws what Redis throws. */
export async function listProcesses(redis: RedisClient, redisPrefix: string, now: number): Promise<ProcessReport[]> {
  const reports = await readReports(redis, processesKey(redisPrefix));
  return reports.filter(({ at }) => now - at < silentAfterMs).toSorted((a, b) => a.startedAt - b.startedAt);
}

async function forgetDead(redis: RedisClient, key: string, now: number): Promise<void> {
  const dead = (await readReports(redis, key)).filter(({ at }) => now - at > forgottenAfterMs).map(({ id }) => id);
  if (dead.length > 0) await redis.hdel(key, ...dead);
}

async function readReports(redis: RedisClient, key: string): Promise<ProcessReport[]> {
  const stored = Object.values(await redis.hgetall(key));
  return stored.flatMap((text) => processReportSchema.safeParse(parseJson(text)).data ?? []);
}
