import { Redis } from "ioredis";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { State } from "../../../src/domain/state.ts";
import type { ShardPublisher } from "../../../src/kafka/publishing/shard-publisher.ts";
import type { LedgerSnapshot, ShardLedger } from "../../../src/ledger/shard-ledger.ts";
import type { ShardJobs } from "../../../src/queue/shard-jobs.ts";
import type { OwnedShard, ShardContext } from "../../../workers/context/shard-context.ts";
import { createWorkerMetrics } from "../../../workers/context/worker-metrics.ts";

/** A shard without servers, whose parts succeed at once, and the calls that they got, in order. */
export interface ShardInMemory {
  readonly calls: string[];
  readonly context: ShardContext;
  readonly owned: OwnedShard;
}

interface ShardOptions {
  readonly context?: Partial<ShardContext>;
  readonly publisher?: Partial<ShardPublisher>;
  readonly ledger?: Partial<ShardLedger>;
  readonly jobs?: Partial<ShardJobs>;
  /** Answers every command of Redis; default: 1, at once. */
  readonly answerOfRedis?: () => Promise<unknown>;
}

const barrier = { offset: 10n, id: "barrier-10" };
const noLedger: LedgerSnapshot = { claimedBy: "", checkpoint: "missing", users: 0, replication: "", failedOver: false };

/** Opens shard 0. The parts that a test names replace those of the shard; a replaced part records no call. */
export function openShardInMemory(options: ShardOptions = {}): ShardInMemory {
  const calls: string[] = [];
  const recorded =
    <A extends unknown[], R>(name: string, result: (...args: A) => R) =>
    async (...args: A): Promise<R> => {
      calls.push(name);
      return result(...args);
    };
  const publisher: ShardPublisher = {
    barrier,
    publish: recorded("publish", () => 11n),
    move: recorded("move", () => undefined),
    assertOwner: recorded("assertOwner", () => undefined),
    close: recorded("close publisher", () => undefined),
    ...options.publisher,
  };
  const ledger: ShardLedger = {
    inspect: recorded("inspect", () => noLedger),
    claim: recorded("claim", () => true),
    read: recorded("read", () => ({ outcome: "read" as const, states: new Map<string, State>() })),
    apply: recorded("apply", () => ({ outcome: "applied" as const })),
    ...options.ledger,
  };
  const jobs: ShardJobs = {
    claim: recorded("claim jobs", () => []),
    claimMore: async (batch) => [...batch],
    completeAndClaim: recorded("complete", () => []),
    release: recorded("release", () => undefined),
    requeueAbandoned: recorded("requeue", () => 0),
    delay: recorded("delay", () => undefined),
    close: recorded("close jobs", () => undefined),
    ...options.jobs,
  };
  const context: ShardContext = {
    group: {
      reader: { read: recorded("restore", () => undefined), resume: () => {}, onBatch: async () => {} },
      assigned: () => new Set([0]),
      confirm: recorded("confirm assignment", () => true),
      confirmedAt: () => 0,
      leave: async () => {},
    },
    cluster: "cluster",
    eventFields: [],
    openPublisher: recorded("fence", () => publisher),
    stateEnd: async () => barrier.offset,
    openLedger: () => ledger,
    openJobs: () => jobs,
    confirmShardLayout: recorded("confirm layout", () => undefined),
    rebalanced: async () => {},
    onLedgerLoss: recorded("ledger loss", () => undefined),
    onFatal: () => void calls.push("fatal"),
    redis: new AnsweringRedis(options.answerOfRedis),
    redisPrefix: "test",
    shardOf: () => 0,
    queues: {
      add: recorded("forward", () => undefined),
      requeue: recorded("requeue message", () => undefined),
      countWaiting: async () => 0,
      listWaiting: async () => [],
      oldestWaitingAt: async () => undefined,
      close: async () => {},
    },
    deadLetters: {
      store: recorded("store dead letter", () => undefined),
      count: async () => 0,
      list: async () => [],
      find: async () => undefined,
      delete: async () => false,
      removeIfUnchanged: async () => false,
    },
    readUser: async () => ({ outcome: "missing" }),
    batchMaxMessages: 100,
    takeTurn: async () => ({ hasWaited: false, [Symbol.dispose]: () => {} }),
    staleUsers: { checkAfterMs: 86_400_000, giveUpAfterMs: 86_400_000 },
    cache: { ttlMs: 0 },
    analytics: { retentionDays: 90 },
    reportDecisions: () => {},
    metrics: createWorkerMetrics(new Registry()),
    log: pino({ level: "silent" }),
    now: Date.now,
    atStep: async () => {},
    ...options.context,
  };
  const claimed = { barrier: barrier.offset, barrierId: barrier.id, offset: barrier.offset + 1n };
  return { calls, context, owned: { shard: 0, publisher, ledger, jobs, claimed, close: async () => {} } };
}

/** Answers without a connection. */
class AnsweringRedis extends Redis {
  readonly #answer: () => Promise<unknown>;

  constructor(answer: () => Promise<unknown> = async () => 1) {
    super({ lazyConnect: true });
    this.#answer = answer;
  }

  override sendCommand(): Promise<unknown> {
    return this.#answer();
  }
}
