import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "clerk-emulator";
import type { Fault } from "./fault.ts";

export interface LaneOptions {
  readonly faults: readonly Fault[];
  readonly random: Random;
  /** Maximum duration of a fault, and maximum pause before the next, ms. */
  readonly maxHoldMs: number;
  readonly maxRestMs: number;
  readonly isOver: () => boolean;
  readonly onFault: (kind: string, holdMs: number) => void;
}

const minMs = 300;

/**
 * Injects faults that must not meet (those of one server, say), one after the other: each kind once in an order drawn by
 * chance, then all again. The first round is always finished, so that no kind is missing. Other lanes run beside it.
 */
export async function runLane({ faults, random, isOver, onFault, ...max }: LaneOptions): Promise<void> {
  for (let round = 0; ; round += 1) {
    for (const { kind, inject } of shuffle(faults, random)) {
      await delay(random.between(minMs, max.maxRestMs));
      if (round > 0 && isOver()) return;
      // Squared: most are short, so that there is work to disturb between them.
      const holdMs = Math.round(minMs + random.next() ** 2 * (max.maxHoldMs - minMs));
      onFault(kind, holdMs);
      await inject(holdMs);
    }
    if (isOver()) return;
  }
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
