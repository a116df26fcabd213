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

const mostAtOnce = 5;
const poisonProbability = 0.02;

/** Makes changes in Clerk, up to five at once, until it is over. Returns the ids of the messages that nobody can decide. */
export async function keepChanging(options: ChangingOptions): Promise<ReadonlySet<string>> {
  const { clerk, history, random, changesPerSecond, sendsPoison, isOver } = options;
  const poison = new Set<string>();
  const meanGapMs = (1_000 / changesPerSecond) * ((1 + mostAtOnce) / 2);
  while (!isOver()) {
    const atOnce = 1 + random.below(mostAtOnce);
    for (let made = 0; made < atOnce; made += 1) history.change();
    if (random.chance(poisonProbability) && sendsPoison) poison.add(sendPoison(clerk, random));
    await delay(random.between(0, 2 * meanGapMs));
  }
  return poison;
}
