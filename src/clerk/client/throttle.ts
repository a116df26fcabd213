import PQueue from "p-queue";
import { acquireBudget, type RateBudget } from "./rate-budget.ts";

export type Throttled<T> =
  | { readonly outcome: "ran"; readonly value: T; readonly waitedMs: number }
  | { readonly outcome: "throttled"; readonly retryAfterMs: number };

/**
 * Runs work within the limits: a maximum number of calls at a time in this process, in the order of their requests, and the rate budget
 * that all processes share. No work starts after `waitUntil` (ms). A caller whose time is up gets `throttled`, at once when that is
 * already certain.
 */
export type Throttle = <T>(requests: number, waitUntil: number, work: () => Promise<T>) => Promise<Throttled<T>>;

export interface ThrottleOptions {
  readonly budget: RateBudget;
  readonly maxConcurrent: number;
  readonly now: () => number;
}

const retryAfterFullQueueMs = 5_000;

export function createThrottle({ budget, maxConcurrent, now }: ThrottleOptions): Throttle {
  const slots = new PQueue({ concurrency: maxConcurrent });

  return async (requests, waitUntil, work) => {
    const startedAt = now();
    // Ends the wait for a slot only: work that has started is never dropped.
    const tooLate = new AbortController();
    const timer = setTimeout(() => tooLate.abort(), Math.max(0, waitUntil - startedAt));
    try {
      return await slots.add(
        async () => {
          clearTimeout(timer);
          const retryAfterMs = await acquireBudget(budget, { key: "all", requests, waitUntil }, now);
          if (retryAfterMs > 0) return { outcome: "throttled" as const, retryAfterMs };
          const waitedMs = now() - startedAt;
          return { outcome: "ran" as const, value: await work(), waitedMs };
        },
        { signal: tooLate.signal },
      );
    } catch (error) {
      if (tooLate.signal.aborted) return { outcome: "throttled", retryAfterMs: retryAfterFullQueueMs };
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}
