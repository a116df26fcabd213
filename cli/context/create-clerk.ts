import { Registry } from "prom-client";
import { type ClerkApi, createClerkApi } from "../../src/clerk/client/clerk-api.ts";
import { createLogger } from "../../src/shared/logger.ts";
import type { Bridge } from "./cli-context.ts";

/** Clerk's Backend API for a command, within the rate budget that it shares with the running processes. */
export const openClerk = ({ config, redis }: Bridge): ClerkApi =>
  createClerkApi({
    config: config.clerk,
    redis,
    redisPrefix: config.redis.prefix,
    registry: new Registry(),
    log: createLogger("cli", "silent"),
    now: Date.now,
  });
