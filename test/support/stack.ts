import type { TestProject } from "vitest/node";
import { startStack } from "../../dev/stack/start-stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A Redis for this run. Shared by all test files: use keys of your own, and never FLUSHALL. */
    redisUrl: string;
    /** A Kafka for this run. Shared by all test files: use topics and groups of your own. */
    kafkaBrokers: readonly string[];
  }
}

/** Vitest's global set-up: one fresh Redis and Kafka for the whole run. Tests `inject` their addresses. */
export default async function provideStack(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ log: (line) => project.vitest.logger.log(line) });
  project.provide("redisUrl", stack.redisUrl);
  project.provide("kafkaBrokers", stack.kafkaBrokers);
  return stack.stop;
}
