import type { User } from "@clerk-kafka-bridge/events";
/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { inject } from "vitest";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { createBlockingRedis } from "../../../src/redis/create-redis.ts";
import { redisAddressSchema } from "../../../src/redis/redis-address.ts";
import type { RedisClient } from "../../../src/redis/redis-client.ts";
import type { Step } from "../../../workers/context/shard-context.ts";
import { type BridgeProcess, spawnScript, startProcess } from "./bridge-process.ts";
import { auditTopicOf, bridgeVariables, eventsTopicOf, stateTopicOf } from "./bridge-variables.ts";
import { countActiveJobsOf, countJobs, countJobsOf } from "../redis/count-jobs.ts";
import { readLedger } from "../redis/read-ledger.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

export interface BridgeOptions {
  /** Default: the servers of the run. */
  readonly redisUrl?: string;
  readonly kafkaBrokers?: readonly string[];
  /** Default 2. */
  readonly shards?: number;
  /** Additional variables of all processes. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A bridge with topics, a consumer group, transactional ids and Redis keys of its own, and its processes. */
export interface Bridge extends AsyncDisposable {
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly eventsTopic: string;
  readonly stateTopic: string;
  readonly auditTopic: string;
  readonly redisPrefix: string;
  readonly shards: number;
  /** The environment of its processes. */
  readonly variables: Readonly<Record<string, string>>;
  /** For inspecting the bridge's keys. */
  readonly redis: RedisClient;
  /** Starts the API and waits until it is ready. */
  startApi(variables?: Readonly<Record<string, string>>): Promise<BridgeProcess>;
  /** Starts the API and waits only until it listens. */
  startApiUnready(variables?: Readonly<Record<string, string>>): Promise<BridgeProcess>;
  /** Starts a worker and waits until it is ready. */
  startWorker(variables?: Readonly<Record<string, string>>): Promise<BridgeProcess>;
  /** Starts a worker and waits only until it listens. */
  startWorkerUnready(variables?: Readonly<Record<string, string>>): Promise<BridgeProcess>;
  startPausableWorker(step: Step): Promise<PausableWorker>;
  /** Starts a worker of which every seventh commit succeeds and reports an error, see uncertain-worker.ts. */
  startUncertainWorker(): Promise<BridgeProcess>;
  /** Runs a worker that is expected to exit. Resolves with its output and the reason of its exit. */
  runWorker(variables?: Readonly<Record<string, string>>): Promise<{ output: string; reason: string }>;
  /** Starts `bridge <args>`. */
  startCommand(...args: string[]): CommandProcess;
  /** Changes the configuration of the programs that are started from now on. */
  configure(variables: Readonly<Record<string, string>>): void;
  /** Runs `bridge <args>`. Resolves with its output and the reason of its exit. */
  runCommand(...args: string[]): Promise<{ output: string; reason: string }>;
  /** The number of waiting, active and delayed jobs of all shards. */
  countJobs(): Promise<number>;
  countJobsOf(shard: number): Promise<number>;
  /** The number of jobs that an owner of the shard has claimed. */
  countActiveJobsOf(shard: number): Promise<number>;
  /** Waits until no shard has a job left. */
  waitUntilIdle(deadlineMs?: number): Promise<void>;
  /** The users in the ledger; `undefined` for a deleted user. */
  readLedger(): Promise<Map<string, User | undefined>>;
}

/** A worker that halts at one step of a batch, see pausable-worker.ts. */
export interface PausableWorker extends BridgeProcess {
  /** Makes the worker halt in the next batch that it takes. It logs `halted` then. */
  arm(): Promise<void>;
}

interface CommandProcess {
  /** Everything written so far. */
  output(): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; resolves when the process has exited. */
  kill(): Promise<void>;
  /** Resolves with the reason when the process has exited. Never rejects. */
  readonly exited: Promise<string>;
}

/** Opens a bridge without processes. Disposing of it kills the processes started since and removes their logs. */
export async function openBridge({
  redisUrl = inject("redisUrl"),
  kafkaBrokers = inject("kafkaBrokers"),
  shards = 2,
  variables = {},
}: BridgeOptions = {}): Promise<Bridge> {
  await using resources = new AsyncDisposableStack();
  const name = `test-${randomUUID()}`;
  const folder = await createFreshFolder();
  resources.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const redis = createBlockingRedis(redisAddressSchema.parse(redisUrl), pino({ level: "silent" }));
  resources.defer(() => redis.disconnect());
  const common = { ...bridgeVariables({ name, redisUrl, kafkaBrokers, shards }), ...variables };
  let processes = 0;
  const optionsFor = (script: string, more: Readonly<Record<string, string>> = {}) => {
    processes += 1;
    return { script, variables: { ...common, ...more }, logFile: join(folder, `${processes}.log`) };
  };
  const start = async (script: string, more?: Readonly<Record<string, string>>) =>
    owned.use(await startProcess(optionsFor(script, more)));
  const startReady = async (script: string, more?: Readonly<Record<string, string>>) => {
    const started = await start(script, more);
    await started.waitUntilReady();
    return started;
  };

  const startCommand = (...args: string[]) => {
    const { pid, exited, kill, output } = spawnScript({ ...optionsFor("cli/main.ts"), args });
    owned.defer(kill);
    return { exited, kill, output, signal: (sent: NodeJS.Signals) => void process.kill(pid, sent) };
  };

  const owned = resources.move();
  return {
    configure: (changed) => void Object.assign(common, changed),
    redisUrl,
    kafkaBrokers,
    eventsTopic: eventsTopicOf(name),
    stateTopic: stateTopicOf(name),
    auditTopic: auditTopicOf(name),
    redisPrefix: name,
    shards,
    variables: common,
    redis,
    startApi: (more) => startReady("src/api/main.ts", more),
    startApiUnready: (more) => start("src/api/main.ts", more),
    startWorker: (more) => startReady("workers/main.ts", more),
    startWorkerUnready: (more) => start("workers/main.ts", more),
    startPausableWorker: async (step) => {
      const worker = await startReady("test/support/programs/pausable-worker.ts", { HALT_AT: step });
      let armed = 0;
      const arm = async () => {
        armed += 1;
        worker.signal("SIGUSR2");
        await worker.waitUntilLogged("armed", armed);
      };
      return { ...worker, arm };
    },
    startUncertainWorker: () => startReady("test/support/programs/uncertain-worker.ts"),
    runWorker: async (more) => {
      const { exited, kill, output } = spawnScript(optionsFor("workers/main.ts", more));
      owned.defer(kill);
      const reason = await exited;
      return { output: await output(), reason };
    },
    startCommand,
    runCommand: async (...args) => {
      const { exited, output } = startCommand(...args);
      const reason = await exited;
      return { output: await output(), reason };
    },
    countJobs: () => countJobs(redis, name, shards),
    countJobsOf: (shard) => countJobsOf(redis, name, shard),
    countActiveJobsOf: (shard) => countActiveJobsOf(redis, name, shard),
    waitUntilIdle: async (deadlineMs = 20_000) => {
      await waitFor("no shard has a job left", async () => (await countJobs(redis, name, shards)) === 0, {
        deadlineMs,
      });
    },
    readLedger: () => readLedger(redis, name, shards),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
