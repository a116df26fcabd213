/// <reference lib="esnext.disposable" />
import { Redis } from "ioredis";
import { pino } from "pino";
import { Registry } from "prom-client";
import { onTestFinished } from "vitest";
import { startEmulator } from "../../../packages/clerk-emulator/test/start-emulator.ts";
import { type ClerkLimits, createClerkApi } from "../../../src/clerk/client/clerk-api.ts";
import { readMetric } from "../bridge/read-metric.ts";
import { startFaultyClerk } from "./faulty-clerk.ts";

/** Opens a client of an emulated Clerk with one user, through a proxy that injects faults. Its Redis is unavailable. Ends with the test. */
export async function openClerkApi({
  rateLimit = 4_000,
  limits,
}: { rateLimit?: number; limits?: Partial<ClerkLimits> } = {}) {
  const { emulator } = await startEmulator();
  const faulty = await startFaultyClerk(emulator.url);
  onTestFinished(() => faulty[Symbol.asyncDispose]());
  const redis = new Redis({ lazyConnect: true, enableOfflineQueue: false });
  onTestFinished(() => redis.disconnect());
  const registry = new Registry();
  const clerk = createClerkApi({
    config: { secretKey: emulator.secretKey, apiUrl: faulty.url, rateLimit },
    redis,
    redisPrefix: "unit",
    registry,
    log: pino({ level: "silent" }),
    now: Date.now,
    ...(limits && { limits }),
  });
  const user = emulator.dashboard.createUser({ email_address: ["ada@example.com"] });
  return {
    emulator,
    faulty,
    clerk,
    user,
    getUser: () => clerk.read("get_user", ({ users }) => users.getUser(user.id)),
    createUser: (emailAddress: string) =>
      clerk.write("create_user", ({ users }) =>
        users.createUser({ emailAddress: [emailAddress], skipPasswordRequirement: true }),
      ),
    metric: async (name: string, labels: Record<string, string> = {}) =>
      readMetric(await registry.metrics(), name, labels),
  };
}
