import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { joinWrites } from "../../../src/redis/join-writes.ts";

test("commands of one turn of the event loop are sent together, in order, also after a reconnection", async () => {
  const redis = new Redis(inject("redisUrl"), { lazyConnect: true });
  onTestFinished(() => redis.disconnect());
  joinWrites(redis);
  await redis.connect();
  const key = `test-${randomUUID()}`;
  for (let connection = 1; connection <= 2; connection += 1) {
    const cork = vi.spyOn(redis.stream, "cork");
    const lengths = await Promise.all(Array.from({ length: 20 }, (_, at) => redis.rpush(key, at)));
    expect(lengths).toEqual(Array.from({ length: 20 }, (_, at) => 20 * (connection - 1) + at + 1));
    expect(cork).toHaveBeenCalledTimes(1);
    redis.disconnect(true);
    await redis.ping();
  }
  const pushed = Array.from({ length: 20 }, (_, at) => String(at));
  expect(await redis.lrange(key, 0, -1)).toEqual([...pushed, ...pushed]);
});
