import { Redis } from "ioredis";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createLogger } from "../shared/logger.ts";
import { startMemoryWatch } from "./redis-memory.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A Redis of 1,000 bytes whose answers come when the test gives them. */
class AskedRedis extends Redis {
  readonly #asked: PromiseWithResolvers<string>[] = [];

  constructor() {
    super({ lazyConnect: true });
    this.status = "ready";
  }

  override sendCommand(): Promise<unknown> {
    const answer = Promise.withResolvers<string>();
    this.#asked.push(answer);
    return answer.promise;
  }

  async answer(usedBytes: number): Promise<void> {
    this.#asked.shift()?.resolve(`used_memory:${usedBytes}\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n`);
    await vi.advanceTimersByTimeAsync(0);
  }
}

async function startWatch() {
  const redis = new AskedRedis();
  const watch = startMemoryWatch(redis, new Registry(), createLogger("test", "silent"));
  onTestFinished(() => watch.stop());
  const nextReading = () => vi.advanceTimersByTimeAsync(500);
  await nextReading();
  await redis.answer(100);
  return { redis, watch, nextReading };
}

test("bytes count from before they are written until a reading that began after they were", async () => {
  const { redis, watch, nextReading } = await startWatch();
  const onWritten = watch.countWriting(300);
  expect(watch.share()).toBe(0.4);

  // This reading may be older than the write, so the bytes count in spite of it.
  await nextReading();
  await redis.answer(100);
  expect(watch.share()).toBe(0.4);
  await nextReading();
  onWritten();
  await redis.answer(100);
  expect(watch.share()).toBe(0.4);

  await nextReading();
  await redis.answer(400);
  expect(watch.share()).toBe(0.4);
});

test("while Redis does not answer, everything that is written counts on top of the last reading", async () => {
  const { watch, nextReading } = await startWatch();
  for (let count = 0; count < 4; count += 1) {
    watch.countWriting(100)();
    await nextReading();
  }
  expect(watch.share()).toBe(0.5);
});
