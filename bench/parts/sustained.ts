import type { BenchContext } from "../context.ts";
import { createMessageSource } from "../messages/make-message.ts";
import { compareRates, type Row } from "../report/rows.ts";
import type { Bridge } from "../systems/bridge.ts";
import { startNaiveBridge } from "../systems/start-naive.ts";
import { startOurBridge } from "../systems/start-our-bridge.ts";
import { findSustainableRate } from "./find-sustainable-rate.ts";

const users = 5_000;
/** The start of the first search, in messages per second. */
const firstGuess = { ours: 2_000, naive: 400 };

export interface Sustained {
  readonly rows: Row[];
  /** The rate that our bridge sustained in each round, in messages per second. */
  readonly rates: readonly number[];
}

/**
 * The highest rate that a bridge accepts and commits without growing queues, with its receiver, one worker, Redis, Kafka
 * and the load generator on this machine. Each search uses a new bridge.
 */
export async function benchSustained(context: BenchContext): Promise<Sustained> {
  const rates: { ours: number[]; other: number[] } = { ours: [], other: [] };
  for (let round = 1; round <= context.rounds; round += 1) {
    rates.ours.push(await sustainedByOurs(context, round, rates.ours.at(-1)));
    const naive = await startNaiveBridge(context, `sustained-naive-${round}`);
    rates.other.push(await search(context, naive, rates.other.at(-1), firstGuess.naive));
  }
  const against = "naive receiver and worker in order";
  return { rows: [compareRates({ what: "sustained", against, ...rates, atLeast: 4 })], rates: rates.ours };
}

/** The sustained rate of our bridge alone. `near` is the result of the previous round, if any. */
export async function sustainedByOurs(context: BenchContext, round = 1, near?: number): Promise<number> {
  return search(context, await startOurBridge(context, `sustained-ours-${round}`), near, firstGuess.ours);
}

/** Searches for the rate and then stops the bridge. */
async function search(context: BenchContext, started: Bridge, near: number | undefined, guess: number) {
  await using bridge = started;
  return await findSustainableRate(context, { bridge, take: createMessageSource(users), near, guess });
}
