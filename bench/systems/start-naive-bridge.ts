import type { BenchContext } from "../context.ts";
import { createEventsTopic } from "../kafka/create-events-topic.ts";
import { openNaiveQueue } from "../queues/open-naive-queue.ts";
import type { Bridge } from "./bridge.ts";
import { startNaiveReceiver, startNaiveWorker } from "./start-naive.ts";

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
