import type { Counter, Histogram } from "prom-client";

interface Bucket {
  /** The upper bound. */
  readonly le: number;
  /** The observations up to it. */
  readonly count: number;
}

const windows = 30;

/** Quantiles of the observations of the last 30 calls, because a histogram counts since the start of the process. */
export function createRecentQuantiles(histogram: Histogram) {
  const snapshots: (readonly Bucket[])[] = [];
  return async (): Promise<{ p50: number; p99: number } | null> => {
    const latest = await bucketsOf(histogram);
    const oldest = snapshots.length < windows ? snapshots[0] : snapshots.shift();
    snapshots.push(latest);
    const recent = latest.map(({ le, count }, index) => ({ le, count: count - (oldest?.[index]?.count ?? 0) }));
    if ((recent.at(-1)?.count ?? 0) === 0) return null;
    return { p50: quantileOf(recent, 0.5), p99: quantileOf(recent, 0.99) };
  };
}

async function bucketsOf(histogram: Histogram): Promise<Bucket[]> {
  const { name, values } = await histogram.get();
  return values
    .filter((value) => value.metricName === `${name}_bucket`)
    .map(({ labels, value }) => ({ le: labels["le"] === "+Inf" ? Infinity : Number(labels["le"]), count: value }))
    .toSorted((a, b) => a.le - b.le);
}

/** As Prometheus estimates it: linear within a bucket, and the lower bound of the last one. Expects at least one observation. */
export function quantileOf(buckets: readonly Bucket[], quantile: number): number {
  const rank = quantile * (buckets.at(-1)?.count ?? 0);
  const index = buckets.findIndex(({ count }) => count >= rank);
  const [bucket, below] = [buckets[index], buckets[index - 1]];
  const [from, before] = [below?.le ?? 0, below?.count ?? 0];
  if (bucket === undefined || bucket.le === Infinity) return from;
  return from + (bucket.le - from) * ((rank - before) / Math.max(1, bucket.count - before));
}

/** The sum of a counter over all its labels. */
export async function countOf(counter: Counter): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
