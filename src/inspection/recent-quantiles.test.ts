import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { createRecentQuantiles, quantileOf } from "./recent-quantiles.ts";

test("a quantile lies within its bucket, in proportion to the rank", () => {
  const buckets = [
    { le: 1, count: 50 },
    { le: 2, count: 100 },
    { le: Infinity, count: 100 },
  ];
  expect([0.25, 0.5, 0.75, 1].map((quantile) => quantileOf(buckets, quantile))).toEqual([0.5, 1, 1.5, 2]);
});

test("a quantile above the last bound is that bound", () => {
  const buckets = [
    { le: 1, count: 0 },
    { le: Infinity, count: 10 },
  ];
  expect(quantileOf(buckets, 0.99)).toBe(1);
});

test("only the observations since the oldest of 30 readings count, and without one there is no quantile", async () => {
  const histogram = new Histogram({ name: "seconds", help: "seconds", buckets: [1, 2], registers: [new Registry()] });
  const read = createRecentQuantiles(histogram);
  expect(await read()).toBeNull();
  histogram.observe(0.5);
  expect(await read()).toEqual({ p50: 0.5, p99: 0.99 });
  for (let reading = 0; reading < 29; reading += 1) await read();
  expect(await read()).toBeNull();
  histogram.observe(1.5);
  expect((await read())?.p50).toBe(1.5);
});
