import { setTimeout as delay } from "node:timers/promises";
import {
  type BridgeStatus,
  readBridgeStatus,
  type StatusSources,
  worstLatencyMs,
} from "../../inspection/bridge-status.ts";

/** One point of the charts. Rates are per second since the point before; a value is null where it is unknown. */
interface StatusSample {
  /** In seconds, as uPlot expects it. */
  readonly at: number;
  readonly received: number | null;
  readonly committed: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly waiting: number | null;
}

export interface StatusHistory {
  /** The latest status; throws what reading it threw. */
  latest(): Promise<BridgeStatus>;
  /** The samples of the last hour, oldest first. */
  samples(): readonly StatusSample[];
}

const intervalMs = 5_000;
const maxSamples = 720;

/** Reads the status every five seconds and keeps an hour of samples in the memory of this process. */
export function startStatusHistory(sources: StatusSources, signal: AbortSignal): StatusHistory {
  const samples: StatusSample[] = [];
  let latest: Promise<BridgeStatus> | undefined;
  let latestAt = 0;
  let previous: BridgeStatus | undefined;

  const read = (): Promise<BridgeStatus> => {
    latestAt = sources.now();
    latest = readBridgeStatus(sources);
    return latest;
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const status = await read().catch(() => undefined);
      samples.push(sampleOf(sources.now(), status, previous));
      if (samples.length > maxSamples) samples.shift();
      previous = status;
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  void run();
  return {
    latest: () => (latest === undefined || sources.now() - latestAt > 1_000 ? read() : latest),
    samples: () => samples,
  };
}

/** Counts of processes that started or ended in between would distort a rate, so only the others count. */
export function sampleOf(
  now: number,
  status: BridgeStatus | undefined,
  previous: BridgeStatus | undefined,
): StatusSample {
  const at = now / 1_000;
  if (status === undefined) return { at, received: null, committed: null, p50Ms: null, p99Ms: null, waiting: null };
  const rate = (countOf: (process: BridgeStatus["processes"][number]) => number): number | null => {
    if (previous === undefined) return null;
    const before = new Map(previous.processes.map((process) => [process.id, process]));
    const seconds = Math.max(0.001, (status.at - previous.at) / 1_000);
    const counts = status.processes.flatMap((process) => {
      const earlier = before.get(process.id);
      return earlier === undefined ? [] : [countOf(process) - countOf(earlier)];
    });
    return counts.reduce((sum, count) => sum + count, 0) / seconds;
  };
  return {
    at,
    received: rate(({ webhooks }) => webhooks.received),
    committed: rate(({ events }) => events),
    p50Ms: worstLatencyMs(status, "p50") ?? null,
    p99Ms: worstLatencyMs(status, "p99") ?? null,
    waiting: status.waiting,
  };
}
