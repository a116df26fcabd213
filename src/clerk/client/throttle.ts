import PQueue from "p-queue";
import { type RateBudget, takeWhenDue } from "./rate-budget.ts";

export type Turn<T> =
  | { readonly outcome: "had"; readonly value: T; readonly waitedMs: number }
  | { readonly outcome: "no_turn"; readonly retryAfterMs: number };

/**
 * Runs work when it is its turn: so many at a time in this process, in the order they came, and within the rate budget of
 * all processes. No work begins after `waitUntil`; whoever cannot have a turn by then hears so, at once where that is known.
 */
export type TakeTurn = <T>(requests: number, waitUntil: number, work: () => Promise<T>) => Promise<Turn<T>>;

export interface TurnsDeps {
  readonly budget: RateBudget;
  readonly atOnce: number;
  readonly now: () => number;
}

const retryAfterCrowdMs = 5_000;

export function createTurns({ budget, atOnce, now }: TurnsDeps): TakeTurn {
  const slots = new PQueue({ concurrency: atOnce });

  return async (requests, waitUntil, work) => {
    const askedAt = now();
    // Guards the wait for a slot only: work that has begun is never dropped.
    const tooLate = new AbortController();
    const timer = setTimeout(() => tooLate.abort(), Math.max(0, waitUntil - askedAt));
    try {
      return await slots.add(
        async () => {
          clearTimeout(timer);
          const retryAfterMs = await takeWhenDue(budget, { key: "all", requests, waitUntil }, now);
          if (retryAfterMs > 0) return { outcome: "no_turn" as const, retryAfterMs };
          const waitedMs = now() - askedAt;
          return { outcome: "had" as const, value: await work(), waitedMs };
        },
        { signal: tooLate.signal },
      );
    } catch (error) {
      if (tooLate.signal.aborted) return { outcome: "no_turn", retryAfterMs: retryAfterCrowdMs };
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}
