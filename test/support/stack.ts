import type { TestProject } from "vitest/node";
import { startStack } from "../../dev/stack/start-stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Redis of this run, shared by all test files. Use unique keys, and never FLUSHALL. */
    redisUrl: string;
    /** The Kafka of this run, shared by all test files. Use unique topics and groups. */
    kafkaBrokers: readonly string[];
  }
}

/** Vitest's global set-up: one new Redis and Kafka for the whole run. Tests `inject` their addresses. */
export default async function provideStack(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ log: (line) => project.vitest.logger.log(line) });
  project.provide("redisUrl", stack.redisUrl);
  project.provide("kafkaBrokers", stack.kafkaBrokers);
  return stack.stop;
}
