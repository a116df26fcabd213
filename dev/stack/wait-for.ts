import { setTimeout } from "node:timers/promises";

type Falsy = false | 0 | "" | null | undefined;

export type WaitOptions = {
  /** The total time to wait, in ms. Also ends the wait for a condition that hangs. Default 10,000. */
  deadlineMs?: number;
  /** The pause between two checks, in ms. Default 5. */
  intervalMs?: number;
};

/**
 * Checks `condition` every few milliseconds until it is truthy, and returns its value. An error of the condition counts as
 * "not yet". The last one is the cause of the error thrown at the deadline.
 */
export async function waitFor<T>(
  description: string,
  condition: () => T | Falsy | Promise<T | Falsy>,
  { deadlineMs = 10_000, intervalMs = 5 }: WaitOptions = {},
): Promise<T> {
  const done = new AbortController();
  const expired = Symbol("expired");
  const deadline = setTimeout(deadlineMs, expired, { signal: done.signal }).catch(() => expired);
  let lastError: unknown;
  try {
    while (true) {
      try {
        // The deadline comes first: of two settled promises the first one wins.
        const value = await Promise.race([deadline, (async () => condition())()]);
        if (value === expired) throw new WaitError(description, deadlineMs, lastError);
        if (value && typeof value !== "symbol") return value;
        lastError = undefined;
      } catch (error) {
        if (error instanceof WaitError) throw error;
        lastError = error;
      }
      await setTimeout(intervalMs);
    }
  } finally {
    done.abort();
  }
}

class WaitError extends Error {
  override name = "WaitError";

  constructor(description: string, deadlineMs: number, lastError: unknown) {
    const reason = lastError instanceof Error ? `: ${lastError.message}` : "";
    super(`Timed out after ${deadlineMs} ms waiting until ${description}${reason}`, { cause: lastError });
  }
}
