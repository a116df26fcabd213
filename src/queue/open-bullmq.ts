import { setTimeout as delay } from "node:timers/promises";
import { type Processor, Queue, Worker, type WorkerOptions } from "bullmq";
import type { RedisClient } from "../redis/redis-client.ts";

export interface BullmqOptions {
  readonly redis: RedisClient;
  readonly name: string;
  /** Prefix of the queue's keys. */
  readonly prefix: string;
  /** Receives what fails in the background. Without a listener, an error of BullMQ ends the process. */
  readonly onError?: (error: Error) => void;
}

/** BullMQ's version check needs the right to `INFO`, and a queue or worker whose check failed stays failed. */
const withoutVersionCheck = { skipVersionCheck: true };
const fetchRetryMs = 1_000;
/** BullMQ's event stream has no readers here and would only take memory. */
const shortEventStream = { events: { maxLen: 10 } };

/** Opens a BullMQ queue on a shared connection. */
export function openQueue({ redis, name, prefix, onError = () => {} }: BullmqOptions): Queue {
  const queue = new Queue(name, { connection: redis, prefix, streams: shortEventStream, ...withoutVersionCheck });
  queue.on("error", onError);
  return queue;
}

/**
 * Opens a BullMQ worker that does not run yet. It shares the connection and opens another one for waiting. BullMQ repeats a fetch
 * that Redis refuses (`NOPERM`, `READONLY`, `OOM` …) without a pause, which would take a whole core; here it waits a second first.
 */
export function openWorker(
  { redis, name, prefix, onError = () => {} }: BullmqOptions,
  processor: Processor | null,
  options: Omit<WorkerOptions, "connection" | "prefix" | "autorun">,
): Worker {
  const worker = new Worker(name, processor, {
    ...options,
    connection: redis,
    prefix,
    autorun: false,
    ...withoutVersionCheck,
  });
  worker.on("error", onError);
  if (processor !== null) pauseAfterFailedFetch(worker);
  return worker;
}

function pauseAfterFailedFetch({ backend }: Worker): void {
  const fetch = backend.moveToActive.bind(backend);
  backend.moveToActive = async (token, name) => {
    try {
      return await fetch(token, name);
    } catch (error) {
      await delay(fetchRetryMs, undefined, { ref: false });
      throw error;
    }
  };
}
