import { setTimeout as delay } from "node:timers/promises";
import type { ClerkEmulator, Random } from "clerk-emulator";
import type { History } from "./clerk/write-history.ts";
import { sendPoison } from "./clerk/send-poison.ts";

export interface ChangingOptions {
  readonly clerk: ClerkEmulator;
  readonly history: History;
  readonly random: Random;
  readonly changesPerSecond: number;
  readonly sendsPoison: boolean;
  readonly isOver: () => boolean;
}

const maxAtOnce = 5;
const poisonProbability = 0.02;

/** Makes changes in Clerk, up to five at once, until `isOver`. Returns the ids of the messages that cannot be processed. */
export async function keepChanging(options: ChangingOptions): Promise<ReadonlySet<string>> {
  const { clerk, history, random, changesPerSecond, sendsPoison, isOver } = options;
  const poison = new Set<string>();
  const meanGapMs = (1_000 / changesPerSecond) * ((1 + maxAtOnce) / 2);
  while (!isOver()) {
    const atOnce = 1 + random.below(maxAtOnce);
    for (let made = 0; made < atOnce; made += 1) history.change();
    if (random.chance(poisonProbability) && sendsPoison) poison.add(sendPoison(clerk, random));
    await delay(random.between(0, 2 * meanGapMs));
  }
  return poison;
}
