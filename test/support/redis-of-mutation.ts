import type { TestProject } from "vitest/node";
import { reserveRedis } from "./private-servers.ts";

/** The global set-up of the mutation run: a Redis, and an address without a Kafka. */
export default async function provideRedis(project: TestProject): Promise<() => Promise<void>> {
  const redis = await reserveRedis();
  const { url } = await redis.start();
  project.provide("redisUrl", url);
  project.provide("kafkaBrokers", ["127.0.0.1:9"]);
  return async () => redis[Symbol.asyncDispose]();
}
