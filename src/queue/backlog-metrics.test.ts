import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { registerBacklogMetrics } from "./backlog-metrics.ts";

const added = new Map([
  [0, 4_000],
  [1, undefined],
]);
const unavailable = () => Promise.reject(new Error("Redis is unavailable"));

async function scrape(redis: "available" | "unavailable" | "silent"): Promise<string[]> {
  const registry = new Registry();
  const answer =
    <Args extends unknown[], T>(value: (...args: Args) => T) =>
    (...args: Args): Promise<T> => {
      if (redis === "silent") return new Promise(() => {});
      return redis === "unavailable" ? unavailable() : Promise.resolve(value(...args));
    };
  registerBacklogMetrics({
    registry,
    queues: {
      countWaiting: answer((shard: number) => shard * 3),
      oldestWaitingAt: answer((shard: number) => added.get(shard)),
    },
    deadLetters: { count: answer(() => 7) },
    shards: 2,
    now: () => 10_500,
  });
  return (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

test("a scrape has the waiting jobs and the age of the oldest one by shard, and the stored dead letters", async () => {
  expect(await scrape("available")).toEqual([
    'bridge_queue_waiting_jobs{shard="0"} 0',
    'bridge_queue_waiting_jobs{shard="1"} 3',
    'bridge_queue_oldest_job_age_seconds{shard="0"} 6.5',
    'bridge_queue_oldest_job_age_seconds{shard="1"} 0',
    "bridge_dead_letters 7",
  ]);
});

test.for(["unavailable", "silent"] as const)(
  "while Redis is %s, a scrape has no value instead of a wrong one",
  async (redis) => {
    expect(await scrape(redis)).toEqual([]);
  },
);
