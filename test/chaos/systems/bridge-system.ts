import { bridgeVariables } from "../../harness/bridge-variables.ts";
import { countJobs } from "../../harness/count-jobs.ts";
import { judgeBridge } from "../judge/judge-bridge.ts";
import { shards, systemName } from "./naming.ts";
import type { Surroundings, System } from "./system.ts";

const reconcileEveryMs = 3_000;

/** The bridge as it runs in production, except that a worker's session is as short as in the tests. */
export function bridgeSystem({ redisUrl, kafkaBrokers, clerkUrl, clerk, redis, reconciles }: Surroundings): System {
  const variables = {
    ...bridgeVariables({ name: systemName, redisUrl, kafkaBrokers, shards }),
    CLERK_API_URL: clerkUrl,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_WEBHOOK_SECRET: clerk.webhookSecret,
    ...(reconciles && { RECONCILE_EVERY_MS: String(reconcileEveryMs) }),
  };
  return {
    api: { role: "api", script: "src/main.ts", variables: (port) => ({ ...variables, PORT: String(port) }) },
    worker: {
      role: "worker",
      script: "workers/main.ts",
      variables: (port) => ({ ...variables, WORKER_PORT: String(port) }),
    },
    takesPoison: true,
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    countJobs: () => countJobs(redis, systemName, shards),
    judge: (told) => judgeBridge({ redis, redisPrefix: systemName, shards, kafkaBrokers }, told),
  };
}
