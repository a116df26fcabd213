import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits for work so long and no longer, then throws what `overdue` says. The work is not cut off: it is left to itself,
 * and what it may still bring, or throw, is dropped.
 */
export async function withinTime<T>(timeoutMs: number, work: Promise<T>, overdue: () => Error): Promise<T> {
  const done = new AbortController();
  const expire = async (): Promise<never> => {
    await delay(timeoutMs, undefined, { signal: done.signal });
    throw overdue();
  };
  try {
    return await Promise.race([work, expire()]);
  } finally {
    done.abort();
  }
}
