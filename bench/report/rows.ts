import type { CpuPerMessage } from "../systems/process-counters.ts";
import { median, quantile } from "./statistics.ts";

/** A printed line of the report. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly other: string;
  readonly ratio: string;
  readonly target: string;
  readonly met: string;
  /** What the charts show of it. */
  readonly rates?: { readonly name: string; readonly ratio: number };
  readonly latency?: readonly { readonly name: string; readonly values: readonly number[] }[];
}

export interface Comparison {
  readonly what: string;
  /** The name of the other system. */
  readonly against: string;
  /** Our rates per second, one for each round. `other` has the same rounds. */
  readonly ours: readonly number[];
  readonly other: readonly number[];
  /** The target, if there is one: the minimum ratio. */
  readonly atLeast?: number;
}

/** Compares our rates with another system's: the medians, and the ratio of each round. */
export function compareRates({ what, against, ours, other, atLeast }: Comparison): Row {
  const ratios = ours.map((rate, round) => rate / (other[round] ?? Number.NaN));
  return {
    what,
    ours: perSecond(median(ours)),
    other: `${against} ${perSecond(median(other))}`,
    ratio: withRange(ratios, (ratio) => ratio.toFixed(2)),
    target: atLeast === undefined ? "" : `≥ ${atLeast}`,
    met: atLeast === undefined ? "" : yesNo(median(ratios) >= atLeast),
    rates: { name: `${what}\nagainst ${against}`, ratio: median(ratios) },
  };
}

export interface Latency {
  readonly what: string;
  /** Messages per second. */
  readonly rate: number;
  /** In ms, the messages of each round. */
  readonly latencies: readonly (readonly number[])[];
  /** The latency of the floor in ms, of each round. */
  readonly floors: readonly (readonly number[])[];
  /** The target, if there is one: the maximum ratio of the medians. */
  readonly atMost: number | undefined;
}

/** Compares our latency with the floor's: the medians of each round. */
export function reportLatency({ what, rate, latencies, floors, atMost }: Latency): Row {
  const ratios = latencies.map((ours, round) => quantile(ours, 0.5) / quantile(floors[round] ?? [], 0.5));
  const floor = floors.flat();
  return {
    what: `${what}, ${perSecond(rate)}`,
    ours: describeLatency(latencies.flat()),
    other: `floor ${describeLatency(floor)}`,
    ratio: withRange(ratios, (ratio) => ratio.toFixed(2)),
    target: atMost === undefined ? "" : `≤ ${atMost}`,
    met: atMost === undefined ? "" : yesNo(median(ratios) <= atMost),
    latency: [
      { name: perSecond(rate), values: latencies.flat() },
      ...(rate === 1 ? [{ name: "floor, 1/s", values: floor }] : []),
    ],
  };
}

export interface Cost {
  readonly what: string;
  /** Messages per second. */
  readonly rate: number;
  /** One for each round. */
  readonly costs: readonly CpuPerMessage[];
}

/** Reports the CPU time that a message costs each process, by the kernel's counters. */
export function reportCost({ what, rate, costs }: Cost): Row {
  const names = Object.keys(costs[0] ?? {});
  const of = (name: string) => median(costs.map((cost) => cost[name] ?? Number.NaN));
  const total = names.reduce((sum, name) => sum + of(name), 0);
  const parts = names.map((name) => `${name} ${of(name).toFixed(0)}`).join(", ");
  const line = { what: `${what}, ${perSecond(rate)}`, ours: `${total.toFixed(0)} µs: ${parts}` };
  return { ...line, other: "", ratio: "", target: "", met: "" };
}

const describeLatency = (values: readonly number[]): string =>
  `p50 ${quantile(values, 0.5).toFixed(1)}, p99 ${quantile(values, 0.99).toFixed(1)}, p99.9 ${quantile(values, 0.999).toFixed(1)} ms`;

const withRange = (values: readonly number[], write: (value: number) => string) =>
  `${write(median(values))} (${write(Math.min(...values))}–${write(Math.max(...values))})`;

const perSecond = (rate: number) => `${Math.round(rate).toLocaleString("en")}/s`;
const yesNo = (met: boolean) => (met ? "yes" : "NO");
