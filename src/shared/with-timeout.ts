/**
 * Waits for `work` for at most `timeoutMs`, then throws what `overdue` returns. The work is not cancelled: it continues, and its
 * result or error is dropped.
 */
export async function withTimeout<T>(timeoutMs: number, work: Promise<T>, overdue: () => Error): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(overdue()), timeoutMs);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
