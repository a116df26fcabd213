import { allShards } from "../domain/shard-of.ts";
import type { EventLog } from "../kafka/open-event-log.ts";
import { kafkaReason } from "../kafka/client/explain-error.ts";
import { type Checkpoint, createShardLedger, type LedgerSnapshot } from "../ledger/shard-ledger.ts";
import type { DeadLetters } from "../queue/dead-letters.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import { createLastRuns, type LastRun, type LastRuns } from "../reconciliation/last-runs.ts";
import { shardPrefix } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { readMemory, shareOf } from "../redis/redis-memory.ts";
import { withTimeout } from "../shared/with-timeout.ts";
import { listProcesses, type ProcessReport } from "./process-reports.ts";

/** Where the status is read from. Whatever reads from Redis may throw what Redis throws. */
export interface StatusSources {
  readonly shards: number;
  readonly queues: Pick<MessageQueues, "countWaiting" | "oldestWaitingAt">;
  readonly deadLetters: Pick<DeadLetters, "count">;
  readonly lastRuns: Pick<LastRuns, "read">;
  readonly inspectLedger: (shard: number) => Promise<Pick<LedgerSnapshot, "checkpoint" | "users">>;
  readonly processes: () => Promise<readonly ProcessReport[]>;
  /** The used share of Redis's `maxmemory`; 0 without a limit, undefined when Redis does not tell it. */
  readonly memoryShare: () => Promise<number | undefined>;
  readonly eventLog: Pick<EventLog, "stateEnds">;
  readonly now: () => number;
}

/** The sources of a bridge in Redis and Kafka. */
export const createStatusSources = ({
  redis,
  redisPrefix,
  ...sources
}: Pick<StatusSources, "shards" | "queues" | "deadLetters" | "eventLog"> & {
  readonly redis: RedisClient;
  readonly redisPrefix: string;
}): StatusSources => ({
  ...sources,
  lastRuns: createLastRuns(redis, redisPrefix),
  inspectLedger: (shard) => createShardLedger(redis, shardPrefix(redisPrefix, shard)).inspect(),
  processes: () => listProcesses(redis, redisPrefix, Date.now()),
  memoryShare: async () => {
    const memory = await readMemory(redis);
    return memory && shareOf(memory);
  },
  now: Date.now,
});

interface ShardReport {
  readonly shard: number;
  /** The process that owns the shard, such as `host-1/4711`; undefined without an owner. */
  readonly owner: string | undefined;
  /** Why the shard was last dropped, if it has made no progress since. */
  readonly problem: string | undefined;
  readonly waiting: number;
  readonly oldestAgeMs: number;
  readonly users: number;
  /** The offset up to which the ledger has every state; undefined when the ledger is missing or incomplete. */
  readonly checkpoint: string | undefined;
  /** Offsets of the state partition that the ledger does not have yet; undefined when unknown. */
  readonly behind: number | undefined;
}

export interface BridgeStatus {
  readonly at: number;
  readonly processes: readonly ProcessReport[];
  readonly shards: readonly ShardReport[];
  readonly waiting: number;
  readonly oldestAgeMs: number;
  readonly users: number;
  readonly deadLetters: number;
  readonly lastRuns: Awaited<ReturnType<LastRuns["read"]>>;
  readonly memoryShare: number | undefined;
  /** `true`, or why Kafka is unavailable. */
  readonly kafka: true | string;
}

/** The marker that ends the last transaction has an offset, and no state. */
const lastMarker = 1;
const kafkaTimeoutMs = 3_000;

/** The bridge at a glance. Without Kafka it lacks the offsets; throws what Redis throws. */
export async function readBridgeStatus(sources: StatusSources): Promise<BridgeStatus> {
  const { now } = sources;
  const ends = sources.eventLog.stateEnds();
  const kafka = withTimeout(kafkaTimeoutMs, ends, () => new Error("no answer in time")).then(
    (found) => ({ state: true as const, ends: found }),
    (error: unknown) => ({ state: kafkaReason(error), ends: new Map<number, bigint>() }),
  );
  const [processes, deadLetters, lastRuns, memoryShare, found] = await Promise.all([
    sources.processes(),
    sources.deadLetters.count(),
    sources.lastRuns.read(),
    sources.memoryShare(),
    kafka,
  ]);
  const shards = await Promise.all(
    allShards(sources.shards).map((shard) => reportShard(sources, processes, found.ends.get(shard), shard)),
  );
  return {
    at: now(),
    processes,
    shards,
    waiting: sum(shards.map(({ waiting }) => waiting)),
    oldestAgeMs: Math.max(0, ...shards.map(({ oldestAgeMs }) => oldestAgeMs)),
    users: sum(shards.map(({ users }) => users)),
    deadLetters,
    lastRuns,
    memoryShare,
    kafka: found.state,
  };
}

async function reportShard(
  { queues, inspectLedger, now }: StatusSources,
  processes: readonly ProcessReport[],
  end: bigint | undefined,
  shard: number,
): Promise<ShardReport> {
  const [waiting, oldestAt, ledger] = await Promise.all([
    queues.countWaiting(shard),
    queues.oldestWaitingAt(shard),
    inspectLedger(shard),
  ]);
  const assigned = processes.flatMap((process) =>
    process.shards.filter((owned) => owned.shard === shard).map((owned) => ({ process, owned })),
  );
  const owner = assigned.find(({ owned }) => owned.phase === "draining");
  const checkpoint = offsetOf(ledger.checkpoint);
  return {
    shard,
    owner: owner && `${owner.process.host}/${owner.process.pid}`,
    problem: assigned.find(({ owned }) => owned.problem !== undefined)?.owned.problem,
    waiting,
    oldestAgeMs: oldestAt === undefined ? 0 : Math.max(0, now() - oldestAt),
    users: ledger.users,
    checkpoint: checkpoint === undefined ? undefined : String(checkpoint),
    behind:
      checkpoint === undefined || end === undefined ? undefined : Math.max(0, Number(end - checkpoint) - lastMarker),
  };
}

const offsetOf = (checkpoint: Checkpoint | "missing" | "incomplete"): bigint | undefined =>
  typeof checkpoint === "string" ? undefined : checkpoint.offset;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The worst latency of any worker in the last minute, in ms; undefined without an event. */
export function worstLatencyMs({ processes }: Pick<BridgeStatus, "processes">, of: "p50" | "p99"): number | undefined {
  const latencies = processes.flatMap(({ endToEndSeconds }) => endToEndSeconds?.[of] ?? []);
  return latencies.length === 0 ? undefined : Math.max(...latencies) * 1_000;
}

/** What a run of the reconciliation found, for people: `2 created, 1 deleted`. */
export function describeFindings({ found }: Pick<LastRun, "found">): string {
  const missed = Object.entries(found).filter(([, count]) => count > 0);
  return missed.length === 0 ? "nothing missed" : missed.map(([what, count]) => `${count} ${what}`).join(", ");
}
