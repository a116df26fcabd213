import { expect, test } from "vitest";
import { assessSoak, type SoakSample } from "./assess-soak.ts";

const megabyte = 1_048_576;

function makeSamples(minutes: number, of: (minute: number) => Partial<SoakSample>): SoakSample[] {
  return Array.from({ length: minutes }, (_, minute) => ({
    minute,
    residentBytes: { worker: 300 * megabyte },
    descriptors: { worker: 60 },
    redisBytes: 10 * megabyte,
    redisKeys: 50,
    ...of(minute),
  }));
}

test("a run in which nothing grows has no problem, whatever happens in the first ten minutes", () => {
  const samples = makeSamples(60, (minute) => ({
    residentBytes: { worker: (minute < 10 ? 200 + 10 * minute : 300 + (minute % 3)) * megabyte },
  }));
  expect(assessSoak(samples)).toMatchObject({ problems: [], memorySlopes: { worker: expect.closeTo(0, 0) } });
});

test("memory that grows by a megabyte a minute is a problem, with its slope", () => {
  const samples = makeSamples(60, (minute) => ({ residentBytes: { worker: (300 + minute) * megabyte } }));
  const { memorySlopes, problems } = assessSoak(samples);
  expect(memorySlopes?.["worker"]).toBeCloseTo((100 * 60) / 334.5, 1);
  expect(problems).toEqual([expect.stringContaining("the memory of the worker grows by 17.9 % an hour")]);
});

test("a short run says nothing about memory", () => {
  const samples = makeSamples(3, (minute) => ({ residentBytes: { worker: (300 + 50 * minute) * megabyte } }));
  expect(assessSoak(samples)).toMatchObject({ memorySlopes: undefined, problems: [] });
});

test("a Redis that grows, and files that stay open, are problems in a short run too", () => {
  const samples = makeSamples(8, (minute) => ({
    redisBytes: (10 + minute) * megabyte,
    descriptors: { worker: 60 + 2 * minute },
  }));
  expect(assessSoak(samples).problems).toEqual([
    expect.stringContaining("Redis has grown by"),
    expect.stringContaining("more files and sockets open"),
  ]);
});
