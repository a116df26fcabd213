import { median } from "./statistics.ts";

/** A line of the report, as it is printed. */
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
  /** What the other one is. */
  readonly against: string;
  /** Per second, one for each round; the same rounds in `other`. */
  readonly ours: readonly number[];
  readonly other: readonly number[];
  /** The least ratio that is good enough. */
  readonly atLeast: number;
}

/** Ours against another: medians, and the ratio of each round's pair. */
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
  /** Of messages, a second. */
  readonly rate: number;
  /** In ms, one for each round. */
  readonly p50s: readonly number[];
  readonly p99s: readonly number[];
  /** The highest p50 that is good enough. */
  readonly atMost: number;
}

/** Ours alone. */
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
