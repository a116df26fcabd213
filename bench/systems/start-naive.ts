import { Queue } from "bullmq";
import { acceptsConnections } from "../../dev/stack/accepts-connections.ts";
import { findFreePort } from "../../dev/stack/free-port.ts";
import type { BenchContext } from "../context.ts";
import { createEventsTopic } from "../kafka/create-events-topic.ts";
import { webhookSecret } from "../load/write-requests.ts";
import { openNaiveQueue } from "../queues/open-naive-queue.ts";
import type { Bridge } from "./bridge.ts";
import { type StartedProcess, startProcess } from "./start-process.ts";

type Server = StartedProcess & { readonly port: number };

/** Starts a route that only reads the body: the maximum for Hono on Node. */
export const startBareServer = (context: BenchContext): Promise<Server> =>
  startServer(context, "bare-server", import.meta.resolve("../naive/bare-server.ts"), {});

/** Starts a route that only stores the body in Redis: the maximum for one that loses no webhook. */
export const startDurableServer = (context: BenchContext): Promise<Server> =>
  startServer(context, "durable-server", import.meta.resolve("../naive/durable-server.ts"), {
    REDIS_URL: context.redisUrl,
  });

/** Starts the naive receiver with this queue. */
const startNaiveReceiver = (context: BenchContext, queue: string): Promise<Server> =>
  startServer(context, `${queue}-receiver`, import.meta.resolve("../naive/receiver.ts"), {
    QUEUE: queue,
    REDIS_URL: context.redisUrl,
    CLERK_WEBHOOK_SECRET: webhookSecret,
  });

/** Starts the naive worker on this queue, with `concurrency` jobs at a time. */
export async function startNaiveWorker(
  context: BenchContext,
  { queue, topic, concurrency }: { queue: string; topic: string; concurrency: number },
): Promise<StartedProcess> {
  const { redisUrl, kafkaBrokers } = context;
  await using watched = disposable(new Queue(queue, { connection: { url: redisUrl } }));
  return await startProcess(context, {
    name: `${queue}-worker`,
    script: import.meta.resolve("../naive/worker.ts"),
    env: {
      QUEUE: queue,
      REDIS_URL: redisUrl,
      KAFKA_BROKERS: kafkaBrokers.join(","),
      TOPIC: topic,
      CONCURRENCY: String(concurrency),
    },
    // The worker connects to Kafka before it registers as a worker of the queue.
    isReady: async () => (await watched.queue.getWorkersCount()) > 0,
  });
}

/** Starts the naive receiver and the naive worker that processes one job at a time. */
export async function startNaiveBridge(context: BenchContext, name: string): Promise<Bridge> {
  await using started = new AsyncDisposableStack();
  const topic = `${name}.events`;
  await createEventsTopic(context, topic);
  const queues = started.use(openNaiveQueue(context, name));
  const receiver = started.use(await startNaiveReceiver(context, name));
  const worker = started.use(await startNaiveWorker(context, { queue: name, topic, concurrency: 1 }));
  const owned = started.move();
  const pids = { receiver: receiver.pid, worker: worker.pid };
  return { port: receiver.port, queues, topic, pids, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function startServer(
  context: BenchContext,
  name: string,
  script: string,
  env: Record<string, string>,
): Promise<Server> {
  const port = await findFreePort();
  const server = await startProcess(context, {
    name,
    script,
    env: { ...env, PORT: String(port) },
    isReady: () => acceptsConnections("127.0.0.1", port),
  });
  return { ...server, port };
}

const disposable = (queue: Queue) => ({ queue, [Symbol.asyncDispose]: () => queue.close() });
