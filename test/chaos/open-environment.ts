/// <reference lib="esnext.disposable" />
import { join } from "node:path";
import { Redis } from "ioredis";
import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import { startKafka } from "../../dev/stack/start-kafka.ts";
import type { TiedProcess } from "../../dev/stack/spawn-tied.ts";
import { startRedis } from "../../dev/stack/start-redis.ts";
import { createSkewedClock, type SkewedClock } from "./clerk/skewed-clock.ts";
import type { ChaosOptions } from "./options.ts";
import { Fleet } from "./processes/fleet.ts";
import { type FaultyServer, openFaultyServer, type ServerAddress } from "./servers/faulty-server.ts";
import { openTcpProxy, type TcpProxy } from "./servers/tcp-proxy.ts";
import { bridgeSystem } from "./systems/bridge-system.ts";
import { naiveSystem } from "./systems/naive-system.ts";
import type { Surroundings, System } from "./systems/system.ts";

/** Everything in a run: Clerk, the servers, the system under test, and the links between them. */
export interface Environment extends AsyncDisposable {
  readonly clerk: ClerkEmulator;
  readonly clock: SkewedClock;
  readonly redis: FaultyServer;
  readonly kafka: FaultyServer;
  readonly system: System;
  readonly apis: Fleet;
  readonly workers: Fleet;
  /** From the workers to Clerk's API. */
  readonly clerkLink: TcpProxy;
  /** From Svix to the APIs, to each in turn. */
  readonly webhookLink: TcpProxy;
  /** Inspects Redis directly, without the proxy. */
  readonly redisClient: Redis;
  /** Processes that crashed. */
  readonly crashes: readonly string[];
}

const apis = 2;
const workers = 2;
/** Svix's eight attempts over 27 hours in 100 seconds. */
const retryScale = 0.001;
const attemptTimeoutMs = 3_000;
const farMoreMessagesThanSent = 1_000_000;

/** Starts everything; its processes and servers end with this one, whatever happens. Logs and data go into `folder`. */
export async function openEnvironment(
  { seed, system, reconciles }: ChaosOptions,
  folder: string,
): Promise<Environment> {
  await using resources = new AsyncDisposableStack();
  const clock = createSkewedClock();
  const clerk = await startClerkEmulator({
    seed,
    now: clock.now,
    webhook: { retryScale, attemptTimeoutMs, rememberedMessages: farMoreMessagesThanSent },
  });
  resources.defer(() => clerk.stop());
  const clerkPort = Number(new URL(clerk.url).port);
  const clerkLink = resources.use(await openTcpProxy({ target: () => clerkPort }));
  const openServer = (name: string, start: (dir: string, address: ServerAddress) => Promise<TiedProcess>) => {
    const dir = join(folder, name);
    return openFaultyServer(dir, (address) => start(dir, address));
  };
  const [redis, kafka] = await Promise.all([
    openServer("redis", (dir, { port }) => startRedis({ dir, port })),
    openServer("kafka", (dir, address) => startKafka({ dir, ...address })),
  ]);
  resources.use(redis);
  resources.use(kafka);
  const redisClient = new Redis(redis.port, "127.0.0.1", {
    maxRetriesPerRequest: null,
    retryStrategy: () => 50,
    maxLoadingRetryTime: 50,
  });
  redisClient.on("error", () => {}); // Redis is stopped on purpose.
  resources.defer(() => redisClient.disconnect());

  const surroundings: Surroundings = {
    redisUrl: `redis://127.0.0.1:${redis.link.port}`,
    kafkaBrokers: [`127.0.0.1:${kafka.link.port}`],
    clerkUrl: `http://127.0.0.1:${clerkLink.port}`,
    clerk,
    redis: redisClient,
    reconciles,
  };
  const underTest = system === "bridge" ? bridgeSystem(surroundings) : await naiveSystem(surroundings);
  const crashes: string[] = [];
  const openFleet = async (plan: System["api"], size: number) => {
    const fleet = resources.use(new Fleet(plan, folder, (what) => crashes.push(what)));
    await Promise.all(Array.from({ length: size }, () => fleet.add()));
    return fleet;
  };
  const apiFleet = await openFleet(underTest.api, apis);
  const workerFleet = await openFleet(underTest.worker, workers);
  const webhookLink = resources.use(await openTcpProxy({ target: () => apiFleet.nextPort() }));
  clerk.webhooks.connect({ url: `http://127.0.0.1:${webhookLink.port}/webhooks/clerk`, secret: clerk.webhookSecret });

  const owned = resources.move();
  return {
    clerk,
    clock,
    redis,
    kafka,
    system: underTest,
    apis: apiFleet,
    workers: workerFleet,
    clerkLink,
    webhookLink,
    redisClient,
    crashes,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
