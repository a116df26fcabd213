import { join } from "node:path";
import { Redis } from "ioredis";
import { waitFor } from "../../dev/stack/wait-for.ts";
import type { BenchContext } from "../context.ts";
import { createEventsTopic } from "../kafka/create-events-topic.ts";
import { runWrk } from "../load/run-wrk.ts";
import { writeRequests } from "../load/write-requests.ts";
import { createMessageSource } from "../messages/make-message.ts";
import { flushRedis, waitUntilEmpty } from "../queues/bench-queues.ts";
import { openOurQueues } from "../queues/open-our-queues.ts";
import { eventsTopicOf, ourEnvironment } from "../systems/our-environment.ts";
import { readProcessCounters, startCpuCount } from "../systems/process-counters.ts";
import { startOurApi } from "../systems/start-our-api.ts";
import { countOwnedShards, startOurWorker } from "../systems/start-our-worker.ts";
import { measureUserApi, type OperationFigures } from "./measure-user-api.ts";
import { type CommandRun, runOurCommand } from "./run-our-command.ts";
import { secretKey, startSeededClerk } from "./start-seeded-clerk.ts";

const tokenSecret = "only the benchmarks sign tokens with this";
const changesPerSecond = 500;
const changeSeconds = 8;
const tailMs = 20_000;

/** What one number of users costs. Times in s, memory in bytes, CPU time in µs for each change and process. */
export interface GrowthFigures {
  readonly users: number;
  readonly redisBytesPerUser: number;
  readonly cpuPerChange: Readonly<Record<string, number>>;
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakBytes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, OperationFigures>>;
}

/** Measures our bridge, alone on the machine, with this many users in Clerk. */
export async function measureGrowth(context: BenchContext, users: number): Promise<GrowthFigures> {
  const { log, serverPids } = context;
  await using started = new AsyncDisposableStack();
  const name = `growth-${users}`;
  log(`${users} users: filling the Clerk emulator …`);
  const clerk = started.use(await startSeededClerk(context, users));
  const variables = {
    CLERK_SECRET_KEY: secretKey,
    CLERK_API_URL: clerk.url,
    CLERK_RATE_LIMIT: "1000000",
    RATE_LIMIT_PER_IP: "1000000",
    RATE_LIMIT_PER_CALLER: "1000000",
    JWT_SECRET: tokenSecret,
  };
  const env = { ...ourEnvironment(context, name), ...variables };
  await createEventsTopic(context, eventsTopicOf(name));
  const queues = started.use(await openOurQueues(context, name));
  const redis = started.adopt(new Redis(context.redisUrl), (connection) => connection.disconnect());
  const usedMemory = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
  const emptyBytes = await usedMemory();
  const api = started.use(await startOurApi(context, name, variables));
  let worker = await startOurWorker(context, name, { variables });
  started.defer(() => worker[Symbol.asyncDispose]());

  const seconds: Record<string, number> = {};
  const peakBytes: Record<string, number> = {};
  const time = async (what: string, work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    seconds[what] = (performance.now() - startedAt) / 1_000;
    log(`${users} users: ${what} ${seconds[what].toFixed(1)} s`);
  };
  const command = async (what: string, args: readonly string[], options = {}): Promise<CommandRun> => {
    const run = await runOurCommand(context, args, { env, ...options });
    peakBytes[`bridge ${what}`] = run.peakResidentBytes;
    log(`${users} users: bridge ${what} ${run.seconds.toFixed(1)} s, ${megabytes(run.peakResidentBytes)} MB`);
    return run;
  };
  const isOwned = (of: { readonly url: string }) => async () => {
    await fetch(`${of.url}/readyz`);
    return (await countOwnedShards(of.url)) === context.shards;
  };
  const owned = (of: { readonly url: string }) => waitFor("all shards are owned", isOwned(of), longWait);

  await time("backfill", async () => {
    await command("backfill", ["backfill"]);
    await waitUntilEmpty(queues);
  });
  const redisBytesPerUser = ((await usedMemory()) - emptyBytes) / users;
  log(`${users} users: ${redisBytesPerUser.toFixed(0)} bytes of Redis a user`);

  const operations = await measureUserApi({
    url: `http://127.0.0.1:${api.port}`,
    tokenSecret,
    userIds: clerk.userIds,
    pids: { API: api.pid, ...(serverPids.Redis && { Redis: serverPids.Redis }) },
  });
  for (const [what, { p50, p99, clerkCalls, cpuMs }] of Object.entries(operations)) {
    const times = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms`;
    log(`${users} users: ${what}: ${times}, Clerk calls ${clerkCalls}`);
  }
  await waitUntilEmpty(queues);

  seconds["verify"] = (await command("verify", ["verify"])).seconds;
  seconds["full sweep"] = (await command("reconcile", ["reconcile", "--full"])).seconds;
  peakBytes["worker, after a full sweep"] = (await readProcessCounters(worker.pid)).peakResidentBytes;
  await command("replay", ["replay", "--from", "beginning", "--to-topic", `${name}.copy`]);
  await command("tail", ["tail", "--beginning"], { isQuiet: true, stopAfterMs: tailMs });

  // Before Redis loses its data: a sweep follows the loss, and would count.
  const requestsFile = join(context.dir, `${name}.requests`);
  const take = createMessageSource(users, shuffled(clerk.userIds, changesPerSecond * changeSeconds));
  await writeRequests(requestsFile, take(Math.ceil(changesPerSecond * (changeSeconds + 0.5))));
  const count = await startCpuCount({ API: api.pid, worker: worker.pid, ...serverPids });
  const load = await runWrk({ port: api.port, requestsFile, seconds: changeSeconds, rate: changesPerSecond });
  await waitUntilEmpty(queues);
  const cpuPerChange = await count(load.accepted);
  log(`${users} users: CPU a change ${JSON.stringify(cpuPerChange)}`);

  await time("restart", async () => {
    await worker[Symbol.asyncDispose]();
    worker = await startOurWorker(context, name, { variables });
  });
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const successor = await startOurWorker(context, name, { variables, shards: Math.floor(context.shards / 2) });
    const former = worker;
    worker = successor;
    await time(`takeover after ${signal}`, async () => {
      await (signal === "SIGKILL" ? former.kill() : former[Symbol.asyncDispose]());
      await owned(successor);
    });
  }
  await time("rebuild after the loss of Redis", async () => {
    await flushRedis(context);
    const isWhole = async () =>
      (await redis.exists(`{${name}:0}:ledger`)) === 1 && (await isRebuilt(redis, name, context.shards));
    await waitFor("the ledgers are rebuilt", isWhole, longWait);
  });
  await command("rebuild", ["rebuild", "--yes"]);
  await waitFor("the ledgers are rebuilt", () => isRebuilt(redis, name, context.shards), longWait);
  await owned(worker);

  peakBytes["API"] = (await readProcessCounters(api.pid)).peakResidentBytes;
  peakBytes["worker"] = (await readProcessCounters(worker.pid)).peakResidentBytes;

  await worker[Symbol.asyncDispose]();
  seconds["reshard"] = (await command("reshard", ["reshard", "--to", String(context.shards * 2)])).seconds;
  await flushRedis(context);
  return { users, redisBytesPerUser, cpuPerChange, seconds, peakBytes, operations };
}

const longWait = { deadlineMs: 600_000, intervalMs: 100 };
export const megabytes = (bytes: number): string => (bytes / 1_048_576).toFixed(0);

/** Whether every shard's owner has restored its ledger up to its own barrier. */
async function isRebuilt(redis: Redis, name: string, shards: number): Promise<boolean> {
  const proofs = await Promise.all(
    Array.from({ length: shards }, (_, shard) => redis.hmget(`{${name}:${shard}}:ledger`, " barrier", " offset")),
  );
  return proofs.every(
    ([barrier, offset]) =>
      typeof barrier === "string" && typeof offset === "string" && BigInt(offset) > BigInt(barrier),
  );
}

/** Some of the ids, spread over all of them. */
const shuffled = (ids: readonly string[], count: number): string[] =>
  Array.from({ length: count }, (_, index) => ids[(index * 7_919) % ids.length] ?? "");
