import type { BenchContext } from "../context.ts";
import { startEventReader } from "../kafka/read-events.ts";
import type { BenchMessage } from "../messages/make-message.ts";
import { type BenchQueues, flushRedis, waitUntilEmpty } from "../queues/bench-queues.ts";

export interface DrainOptions {
  readonly name: string;
  readonly topic: string;
  readonly queues: BenchQueues;
  readonly startWorker: () => Promise<AsyncDisposable>;
  /** Drained first, so that the worker's code is compiled before the measurement. */
  readonly warmUp: readonly BenchMessage[];
  readonly measured: readonly BenchMessage[];
}

/**
 * Fills paused queues, resumes them and returns the events per second from that moment to the last event's time in Kafka.
 * The topic is read afterwards and must have one event per message.
 */
export async function drainOnce(context: BenchContext, options: DrainOptions): Promise<number> {
  const { name, topic, queues, startWorker, warmUp, measured } = options;
  let startedAt: number;
  {
    await queues.pause();
    await using _worker = await startWorker();
    await queues.fill(warmUp);
    await queues.resume();
    await waitUntilEmpty(queues);

    await queues.pause();
    await queues.fill(measured);
    const jobs = await queues.countJobs();
    startedAt = Date.now();
    await queues.resume();
    await waitUntilEmpty(queues);
    context.log(`${name}: ${measured.length} messages in ${jobs} jobs`);
  }
  await using reader = await startEventReader(context, topic);
  const events = await reader.all(warmUp.length + measured.length);
  const appendedAt = events.map((event) => event.appendedAt).filter((at) => at >= startedAt);
  if (appendedAt.length !== measured.length || events.length !== warmUp.length + measured.length) {
    throw new Error(`${name}: ${appendedAt.length} events of ${measured.length} messages`);
  }
  const rate = measured.length / ((Math.max(...appendedAt) - startedAt) / 1_000);
  context.log(`${name}: ${rate.toFixed(0)} events/s`);
  await flushRedis(context);
  return rate;
}
