import { Queue } from "bullmq";
import { acceptsConnections } from "../../dev/stack/accepts-connections.ts";
import { findFreePort } from "../../dev/stack/free-port.ts";
import type { BenchContext } from "../context.ts";
import { webhookSecret } from "../load/write-requests.ts";
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
export const startNaiveReceiver = (context: BenchContext, queue: string): Promise<Server> =>
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
