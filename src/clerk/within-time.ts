import { setTimeout as delay } from "node:timers/promises";

export class ClerkTimeoutError extends Error {
  override readonly name = "ClerkTimeoutError";
}

/**
 * Waits for an answer so long and no longer. The SDK takes no signal, so an overdue request is not cut off: it is left to
 * itself, and what it may still bring is dropped.
 */
export async function withinTime<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const overdue = async (): Promise<never> => {
    await delay(timeoutMs, undefined, { signal: answered.signal });
    throw new ClerkTimeoutError(`no answer from Clerk in ${timeoutMs} ms`);
  };
  try {
    return await Promise.race([answer, overdue()]);
  } finally {
    answered.abort();
  }
}
