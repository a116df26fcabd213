import { defineConfig } from "vitest/config";

/** The kind of a test is its suffix: unit tests need nothing, the others get Redis and Kafka from the global set-up. */
export default defineConfig({
  test: {
    reporters: ["default"],
    // Integration files start processes of their own; two at a time is what two cores carry.
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["test/**/*.unit.test.ts"] } },
      {
        test: {
          name: "stack",
          include: ["test/**/*.int.test.ts", "test/**/*.e2e.test.ts"],
          globalSetup: ["test/harness/stack.ts"],
          // kafkajs sets timers that are due already.
          execArgv: ["--disable-warning=TimeoutNegativeWarning"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
