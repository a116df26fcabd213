import type { BenchContext } from "../context.ts";
import { type LoadStepOptions, runLoadStep } from "../load/run-load-step.ts";

export interface SearchOptions extends Pick<LoadStepOptions, "bridge" | "take"> {
  /** The result of an earlier search, which shortens this one. */
  readonly near: number | undefined;
  /** The start without an earlier result, in messages per second. */
  readonly guess: number;
}

/** The maximum backlog of accepted, uncommitted messages at the end of the load, in seconds at the offered rate. */
const backlogSeconds = 0.25;
/** The minimum accepted part of the offered rate. */
const acceptedPart = 0.97;
/** The search gives up below this rate, in messages per second. */
const minRate = 10;
/** The factor between rates until one step passes and one fails, and the number of halvings of the gap afterwards. */
const wide = { factor: 1.5, halvings: 3 };
const narrow = { factor: 1.2, halvings: 2 };

/**
 * Finds the highest rate that a bridge keeps up with, within 5 %: changes the rate by a factor until one load step passes
 * and the next fails, and then halves the gap. Returns the highest accepted rate of a passed step.
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
    if (failed < minRate) throw new Error(`${options.bridge.topic}: does not keep up with ${failed}/s`);
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
