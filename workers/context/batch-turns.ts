import { performance } from "node:perf_hooks";

/** The right to process a batch. Disposing of it lets the next shard begin. */
export interface BatchTurn extends Disposable {
  /** Whether other shards came first, so that more jobs may be waiting than when the turn was asked for. */
  readonly hasWaited: boolean;
}

export type TakeBatchTurn = () => Promise<BatchTurn>;

/** Enough to use a core: while one batch waits for Kafka or Redis, another one is decided. */
const limit = 3;
/** A batch that takes longer waits for a server and not for a core. */
const countsForMs = 500;

/**
 * Limits how many shards of a worker process a batch at the same time while the worker is busy, first come, first served. The others then
 * collect larger batches instead of competing for the core, and a batch costs nearly the same whatever its size (ADR 17). A worker that
 * mostly waits for remote servers has no limit.
 *
 * A batch that hangs, for example because a broker is down, holds up the other shards for half a second at most.
 */
export function createBatchTurns(isBusy: () => boolean = createLoadMeter()): TakeBatchTurn {
  let active = 0;
  const waiting: (() => void)[] = [];
  const beginNext = () => {
    while (waiting.length > 0 && (active < limit || !isBusy())) {
      active += 1;
      waiting.shift()?.();
    }
  };
  const end = () => {
    active -= 1;
    beginNext();
  };
  return async () => {
    const begun = Promise.withResolvers<void>();
    waiting.push(begun.resolve);
    beginNext();
    const hasWaited = waiting.includes(begun.resolve);
    await begun.promise;
    let isHeld = true;
    const endOnce = () => {
      clearTimeout(timer);
      if (isHeld) end();
      isHeld = false;
    };
    const timer = setTimeout(endOnce, countsForMs).unref();
    return { hasWaited, [Symbol.dispose]: endOnce };
  };
}

const measuredForMs = 100;
/** Of the time. A worker on a core of its own reaches it when it can hardly follow, and one that shares its cores earlier. */
const busyFrom = 0.5;

/** Tells whether this thread had much to do lately. Waiting for a core counts as having to do. */
function createLoadMeter(): () => boolean {
  let [measured, measuredAt, isBusy] = [performance.eventLoopUtilization(), performance.now(), false];
  return () => {
    const now = performance.now();
    if (now - measuredAt < measuredForMs) return isBusy;
    const current = performance.eventLoopUtilization();
    isBusy = performance.eventLoopUtilization(current, measured).utilization >= busyFrom;
    [measured, measuredAt] = [current, now];
    return isBusy;
  };
}
