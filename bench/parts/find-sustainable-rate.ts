import type { BenchContext } from "../context.ts";
import { type LoadStepOptions, runLoadStep } from "../load/run-load-step.ts";

export interface SearchOptions extends Pick<LoadStepOptions, "bridge" | "take"> {
  /** The result of an earlier search; it makes this one shorter. */
  readonly near: number | undefined;
  /** Where to begin without one, messages a second. */
  readonly guess: number;
}

/** The most that may be accepted and not yet committed when the load ends, in seconds of the rate. */
const backlogSeconds = 0.25;
/** The least part of the offered rate that must have been accepted. */
const acceptedPart = 0.97;
/** Where the search gives up, messages a second. */
const leastRate = 10;
/** How the rate is changed: until a step passes and another fails, and how often the span between is halved then. */
const wide = { factor: 1.5, halvings: 3 };
const narrow = { factor: 1.2, halvings: 2 };

/**
 * Finds the highest rate that a bridge keeps up with, within 5 %: up or down by a factor until one step of load passes and
 * the next fails, then halving what is between. Returns the highest accepted rate of a step that passed.
 */
export async function findSustainableRate(context: BenchContext, options: SearchOptions): Promise<number> {
  const { near, guess } = options;
  const { factor, halvings } = near === undefined ? wide : narrow;
  let passed = { offered: 0, accepted: 0 };
  let failed = Number.POSITIVE_INFINITY;
  const tryRate = async (rate: number) => {
    const { keptUp, accepted } = await offer(context, options, rate);
    if (keptUp) passed = { offered: rate, accepted };
    else failed = rate;
  };

  await offer(context, options, near ?? guess); // A warm-up.
  await tryRate(near ?? guess);
  while (failed === Number.POSITIVE_INFINITY) await tryRate(passed.offered * factor);
  while (passed.offered === 0) {
    if (failed < leastRate) throw new Error(`${options.bridge.topic}: does not even keep up with ${failed}/s`);
    await tryRate(failed / factor);
  }
  for (let halving = 0; halving < halvings; halving += 1) await tryRate(Math.sqrt(passed.offered * failed));
  return passed.accepted;
}

async function offer(context: BenchContext, { bridge, take }: SearchOptions, rate: number) {
  const { load, events } = await runLoadStep(context, { bridge, take, rate, read: "afterwards" });
  const loadEndedAt = load.sentAt.at(-1) ?? 0;
  const inTime = events.filter(({ appendedAt }) => appendedAt <= loadEndedAt).length;
  const backlog = load.accepted - inTime;
  const keptUp = load.rate >= rate * acceptedPart && backlog <= rate * backlogSeconds;
  const numbers = `offered ${rate.toFixed(0)}/s, accepted ${load.rate.toFixed(0)}/s, backlog ${backlog}`;
  context.log(`${bridge.topic}: ${numbers}: ${keptUp ? "keeps up" : "falls behind"}`);
  return { keptUp, accepted: load.rate };
}
