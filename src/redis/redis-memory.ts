import { Gauge, type Registry } from "prom-client";
import { z } from "zod";
import type { Logger } from "../shared/logger.ts";
import { mastersOf, type RedisClient } from "./redis-client.ts";

export const REDIS_MEMORY_ENVIRONMENT = {
  REDIS_MAX_MEMORY_SHARE: z.coerce
    .number()
    .gt(0)
    .max(1)
    .default(0.8)
    .describe(
      "Share of Redis's maxmemory above which webhooks are refused, so that the workers have room to drain the queue; 1: no reserve",
    ),
};

/** How full the fullest master is. */
export interface MemoryUse {
  readonly usedBytes: number;
  /** Redis's `maxmemory`; 0 for no limit. */
  readonly maxBytes: number;
  /** For example `noeviction`. */
  readonly policy: string;
}

/** Of `maxmemory`; 0 without a limit. */
export const shareOf = ({ usedBytes, maxBytes }: MemoryUse): number => (maxBytes === 0 ? 0 : usedBytes / maxBytes);

/** Asks every master for its memory. Undefined when none of them tells, for example because the user has no right to `INFO`. */
export async function readMemory(redis: RedisClient): Promise<MemoryUse | undefined> {
  const answers = mastersOf(redis).map(async (master) => parseMemory(await master.info("memory")));
  const settled = await Promise.allSettled(answers);
  const known = settled.flatMap((answer) => (answer.status === "fulfilled" && answer.value ? [answer.value] : []));
  return known.toSorted((a, b) => shareOf(b) - shareOf(a))[0];
}

/** Undefined for an answer without the fields, which some compatible servers leave out. */
function parseMemory(info: string): MemoryUse | undefined {
  const numberOf = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1]);
  const [usedBytes, maxBytes] = [numberOf("used_memory"), numberOf("maxmemory")];
  if (Number.isNaN(usedBytes) || Number.isNaN(maxBytes)) return undefined;
  return { usedBytes, maxBytes, policy: /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? "" };
}

export interface MemoryWatch {
  /**
   * The last known share of `maxmemory` in use, with the bytes that this process has written since or is writing; 0 while it is unknown,
   * and without a limit.
   */
  share(): number;
  /** Counts bytes that this process is about to write, because many of them fit between two readings. Call the result when Redis has answered. */
  countWriting(bytes: number): () => void;
  stop(): void;
}

const intervalMs = 500;

/** Creates the gauge of the memory watch. Call it once for each registry. */
export const createMemoryGauge = (registry: Registry): Gauge =>
  new Gauge({
    name: "bridge_redis_memory_used_ratio",
    help: "Share of Redis's maxmemory in use, of the fullest master; 0 without a limit",
    registers: [registry],
  });

/**
 * Reads how full Redis is, twice a second. Taking a job and applying a state need memory, so a Redis that messages have filled
 * could never be drained: the receiver keeps a reserve by this share. Warns once when Redis evicts keys as soon as it is full.
 */
export function startMemoryWatch(redis: RedisClient, registry: Registry, log: Logger): MemoryWatch {
  let memory: MemoryUse | undefined;
  // A reading may be older than a write that is on its way, so bytes count until a reading that began after their answer.
  let writingBytes = 0;
  let writtenBytes = 0;
  let warned = false;
  const gauge = createMemoryGauge(registry);
  const read = async () => {
    const writtenBefore = writtenBytes;
    const answer = redis.status === "ready" ? await readMemory(redis) : undefined;
    if (answer === undefined) return;
    memory = answer;
    writtenBytes -= writtenBefore;
    gauge.set(shareOf(memory));
    if (warned || !memory.policy.startsWith("allkeys")) return;
    warned = true;
    log.warn(
      { event: "redis.evicts", policy: memory.policy },
      "A full Redis evicts keys: queued messages and ledgers would be lost. Set maxmemory-policy noeviction",
    );
  };
  let reading = false;
  const timer = setInterval(() => {
    if (reading) return;
    reading = true;
    void read().finally(() => (reading = false));
  }, intervalMs);
  return {
    share: () =>
      memory === undefined ? 0 : shareOf({ ...memory, usedBytes: memory.usedBytes + writingBytes + writtenBytes }),
    countWriting: (bytes) => {
      writingBytes += bytes;
      return () => {
        writingBytes -= bytes;
        writtenBytes += bytes;
      };
    },
    stop: () => clearInterval(timer),
  };
}
