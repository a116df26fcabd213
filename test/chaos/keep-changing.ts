import { setTimeout as delay } from "node:timers/promises";
import type { ClerkEmulator, Random } from "clerk-emulator";
import type { History } from "./clerk/write-history.ts";

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

const poisons = [
  "not JSON",
  JSON.stringify({ type: "user.updated", data: { object: "user" } }),
  JSON.stringify({ type: "user.updated", data: { id: "user_poison", email_addresses: "none", updated_at: "now" } }),
  JSON.stringify({ type: "user.deleted", data: { id: "user poison" } }),
];

/** Sends a message that cannot be processed and that Clerk never sends, and returns its id. It must become a dead letter. */
function sendPoison({ webhooks }: ClerkEmulator, random: Random): string {
  return webhooks.sendBody(poisons[random.below(poisons.length)] ?? "").id;
}
