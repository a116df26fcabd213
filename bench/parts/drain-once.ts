import type { BenchContext } from "../context.ts";
import { startEventReader } from "../kafka/read-events.ts";
import type { BenchMessage } from "../messages/make-message.ts";
import { type BenchQueues, flushRedis, waitUntilEmpty } from "../queues/bench-queues.ts";
import { type CpuPerMessage, startCpuCount } from "../systems/process-counters.ts";

export interface DrainOptions {
  readonly name: string;
  readonly topic: string;
  readonly queues: BenchQueues;
  readonly startWorker: () => Promise<AsyncDisposable & { readonly pid: number }>;
  /** Drained first, so that the worker's code is compiled before the measurement. */
  readonly warmUp: readonly BenchMessage[];
  readonly measured: readonly BenchMessage[];
}

export interface Drained {
  /** Events per second. */
  readonly rate: number;
  readonly cpu: CpuPerMessage;
}

/**
 * Fills paused queues, resumes them and measures from that moment: the rate until the last event's time in Kafka, and the CPU time
 * until all queues are empty. The topic is read afterwards and must have one event per message.
 */
export async function drainOnce(context: BenchContext, options: DrainOptions): Promise<Drained> {
  const { name, topic, queues, startWorker, warmUp, measured } = options;
  let startedAt: number;
  let cpu: CpuPerMessage;
  {
    await queues.pause();
    await using worker = await startWorker();
    await queues.fill(warmUp);
    await queues.resume();
    await waitUntilEmpty(queues);

    await queues.pause();
    await queues.fill(measured);
    const jobs = await queues.countJobs();
    const count = await startCpuCount({ worker: worker.pid, ...context.serverPids });
    startedAt = Date.now();
    await queues.resume();
    await waitUntilEmpty(queues);
    cpu = await count(measured.length);
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
  return { rate, cpu };
}
