/**
 * Waits for work so long and no longer, then throws what `overdue` says. The work is not cut off: it is left to itself,
 * and what it may still bring, or throw, is dropped.
 */
export async function withinTime<T>(timeoutMs: number, work: Promise<T>, overdue: () => Error): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(overdue()), timeoutMs);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
