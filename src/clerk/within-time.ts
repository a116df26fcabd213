import { withinTime as within } from "../within-time.ts";

export class ClerkTimeoutError extends Error {
  override readonly name = "ClerkTimeoutError";
}

/** Waits for an answer so long and no longer. The SDK takes no signal, so an overdue request is not cut off. */
export const withinTime = <T>(timeoutMs: number, answer: Promise<T>): Promise<T> =>
  within(timeoutMs, answer, () => new ClerkTimeoutError(`no answer from Clerk in ${timeoutMs} ms`));
