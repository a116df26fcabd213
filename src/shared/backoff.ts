export interface Backoff {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * The delay after the given number of consecutive failures, in ms: none, then `firstDelayMs`, doubled with each further
 * failure up to `maxDelayMs`. Pure.
 */
export const backoffDelayMs = ({ firstDelayMs, maxDelayMs }: Backoff, failures: number): number =>
  failures < 1 ? 0 : Math.min(firstDelayMs * 2 ** (failures - 1), maxDelayMs);
