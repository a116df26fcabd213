import { defineConfig } from "vitest/config";
import { compileCacheFolder } from "./dev/stack/folders.ts";

process.env["NODE_COMPILE_CACHE"] ??= compileCacheFolder;

/**
 * The kind of a test is its suffix. Unit tests (`*.test.ts`) stand beside the code and need no servers; integration tests
 * (`*.int.test.ts`) and end-to-end tests (`*.e2e.test.ts`) get Redis and Kafka from the global set-up. Files share the modules of their
 * worker, because loading them again for each file takes half of the unit tests' time: a test must not change a module's state.
 */
export default defineConfig({
  test: {
    reporters: ["default"],
    // Integration files start processes of their own, and wait much: three at a time are what two cores carry.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{src,workers,cli,dev,bench,packages}/**/*.test.ts"],
          isolate: false,
          // For property tests on a busy machine; a test alone takes a fraction of it.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "stack",
          include: ["test/**/*.int.test.ts", "test/**/*.e2e.test.ts"],
          isolate: false,
          globalSetup: ["test/support/stack.ts"],
          // kafkajs sets timers that are due already.
          execArgv: ["--disable-warning=TimeoutNegativeWarning"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "extra",
          include: ["test/extra/**/*.extra.test.ts"],
          globalSetup: ["test/support/stack.ts"],
          execArgv: ["--disable-warning=TimeoutNegativeWarning"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
