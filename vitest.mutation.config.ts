import { defineConfig } from "vitest/config";

/** The tests that Stryker runs for each mutant (`npm run mutation`): the unit tests, and those that need only Redis. */
export default defineConfig({
  test: {
    include: [
      "src/{domain,ledger,kafka,clerk,reconciliation,api}/**/*.test.ts",
      "workers/**/*.test.ts",
      "test/integration/api/auth-{attacks,guard}.int.test.ts",
      "test/integration/redis/shard-ledger.int.test.ts",
    ],
    globalSetup: ["test/support/redis-of-mutation.ts"],
  },
});
