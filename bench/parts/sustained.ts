import type { BenchContext } from "../context.ts";
import { createMessageSource } from "../messages/make-message.ts";
import { compareRates, type Row } from "../report/rows.ts";
import { startNaiveBridge } from "../systems/start-naive-bridge.ts";
import { startOurBridge } from "../systems/start-our-bridge.ts";
import { findSustainableRate } from "./find-sustainable-rate.ts";

const users = 5_000;
const firstGuess = { ours: 1_500, naive: 400 };

export interface Sustained {
  readonly rows: Row[];
  /** What ours sustained in each round, messages a second. */
  readonly rates: readonly number[];
}

/**
 * The highest rate of messages that a bridge (receiver, one worker, Redis and Kafka on this machine, beside the load
 * generator) accepts and commits without its queues growing. Both stay up through the rounds; one is searched at a time.
 */
export async function benchSustained(context: BenchContext): Promise<Sustained> {
  await using ours = await startOurBridge(context, "sustained-ours");
  await using naive = await startNaiveBridge(context, "sustained-naive");
  const take = createMessageSource(users);
  const rates: { ours: number[]; other: number[] } = { ours: [], other: [] };
  for (let round = 1; round <= context.rounds; round += 1) {
    const near = { ours: rates.ours.at(-1), naive: rates.other.at(-1) };
    rates.ours.push(
      await findSustainableRate(context, { bridge: ours, take, near: near.ours, guess: firstGuess.ours }),
    );
    rates.other.push(
      await findSustainableRate(context, { bridge: naive, take, near: near.naive, guess: firstGuess.naive }),
    );
  }
  const row = compareRates({ what: "sustained", against: "naive receiver, naive in order", ...rates, atLeast: 4 });
  return { rows: [row], rates: rates.ours };
}

/** The same for ours alone, once: what latency is measured at fractions of. */
export async function sustainedByOurs(context: BenchContext): Promise<number> {
  await using bridge = await startOurBridge(context, "sustained-ours");
  return await findSustainableRate(context, {
    bridge,
    take: createMessageSource(users),
    near: undefined,
    guess: firstGuess.ours,
  });
}
