import { median } from "./statistics.ts";

/** A printed line of the report. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly other: string;
  readonly ratio: string;
  readonly target: string;
  readonly met: string;
}

export interface Comparison {
  readonly what: string;
  /** The name of the other system. */
  readonly against: string;
  /** Our rates per second, one for each round. `other` has the same rounds. */
  readonly ours: readonly number[];
  readonly other: readonly number[];
  /** The target: the minimum ratio. */
  readonly atLeast: number;
}

/** Compares our rates with another system's: the medians, and the ratio of each round. */
export function compareRates({ what, against, ours, other, atLeast }: Comparison): Row {
  const ratios = ours.map((rate, round) => rate / (other[round] ?? Number.NaN));
  return {
    what,
    ours: perSecond(median(ours)),
    other: `${against} ${perSecond(median(other))}`,
    ratio: withRange(ratios, (ratio) => ratio.toFixed(2)),
    target: `≥ ${atLeast}`,
    met: yesNo(median(ratios) >= atLeast),
  };
}

export interface Latency {
  readonly what: string;
  /** Messages per second. */
  readonly rate: number;
  /** In ms, one value for each round. */
  readonly p50s: readonly number[];
  readonly p99s: readonly number[];
  /** The target: the maximum p50. */
  readonly atMost: number;
}

/** Reports our latency, without a comparison. */
export const reportLatency = ({ what, rate, p50s, p99s, atMost }: Latency): Row => ({
  what: `${what}, ${perSecond(rate)}`,
  ours: `p50 ${withRange(p50s, String)}, p99 ${withRange(p99s, String)} ms`,
  other: "",
  ratio: "",
  target: `p50 ≤ ${atMost} ms`,
  met: yesNo(median(p50s) <= atMost),
});

const withRange = (values: readonly number[], write: (value: number) => string) =>
  `${write(median(values))} (${write(Math.min(...values))}–${write(Math.max(...values))})`;

const perSecond = (rate: number) => `${Math.round(rate).toLocaleString("en")}/s`;
const yesNo = (met: boolean) => (met ? "yes" : "NO");
