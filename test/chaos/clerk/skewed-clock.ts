import { setTimeout as delay } from "node:timers/promises";

/** Clerk's clock: ours, except while it is skewed. */
export interface SkewedClock {
  readonly now: () => number;
  skew(byMs: number, holdMs: number): Promise<void>;
}

export function createSkewedClock(): SkewedClock {
  let skewMs = 0;
  return {
    now: () => Math.round(Date.now() + skewMs),
    skew: async (byMs, holdMs) => {
      skewMs = byMs;
      await delay(holdMs);
      skewMs = 0;
    },
  };
}
