import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import { countJobs } from "../../support/redis/count-jobs.ts";
import { checkBridge } from "../invariants/check-bridge.ts";
import { shards, systemName } from "./naming.ts";
import type { Surroundings, System } from "./system.ts";

const reconciling = {
  RECONCILE_EVERY_MS: "3000",
  RECONCILE_GRACE_MS: "1000",
  RECONCILE_DELETION_RECHECK_MS: "500",
  // The history turns Clerk's clock back by more than any overlap; only a sweep finds the changes of that time.
  RECONCILE_SWEEP_CRON: "*/20 * * * * *",
  RECONCILE_MAX_DELETED_PERCENT: "100",
};
/** The grace period covers everything that Clerk returns, so reconciliation repairs nothing. */
const notReconciling = {
  RECONCILE_EVERY_MS: "0",
  RECONCILE_GRACE_MS: String(365 * 86_400_000),
  RECONCILE_SWEEP_CRON: "off",
};

/** The bridge as it runs in production, except that a worker's session is as short as in the tests. */
export function bridgeSystem({ redisUrl, kafkaBrokers, clerkUrl, clerk, redis, reconciles }: Surroundings): System {
  const variables = {
    ...bridgeVariables({ name: systemName, redisUrl, kafkaBrokers, shards }),
    LOG_LEVEL: "debug", // With what kafkajs and BullMQ say: a violation must be understood from the logs alone.
    CLERK_API_URL: clerkUrl,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_WEBHOOK_SECRET: clerk.webhookSecret,
    ...(reconciles ? reconciling : notReconciling),
  };
  return {
    api: { role: "api", script: "src/api/main.ts", variables: (port) => ({ ...variables, PORT: String(port) }) },
    worker: {
      role: "worker",
      script: "workers/main.ts",
      variables: (port) => ({ ...variables, WORKER_PORT: String(port) }),
    },
    takesPoison: true,
    settlesWithinMs: 240_000,
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    countJobs: () => countJobs(redis, systemName, shards),
    checkInvariants: (clerkHistory) =>
      checkBridge({ redis, redisPrefix: systemName, shards, kafkaBrokers }, clerkHistory),
  };
}
