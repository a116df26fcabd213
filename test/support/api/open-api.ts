/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { startClerkEmulator, type ClerkEmulatorOptions } from "clerk-emulator";
import { readApiConfig } from "../../../src/api/api-config.ts";
import { createLogger } from "../../../src/shared/logger.ts";
import { startApi } from "../../../src/api/start-api.ts";
import { startFaultyClerk } from "../clerk/faulty-clerk.ts";
import { webhookSecret } from "../clerk/send-webhook.ts";
import { serviceSecret } from "./tokens.ts";

export interface OpenApiOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly clerk?: ClerkEmulatorOptions;
}

/** The whole API in this process, over an emulator whose requests are counted. Its keys in Redis are nobody else's. */
export async function openApi({ variables = {}, clerk: clerkOptions = {} }: OpenApiOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const emulator = resources.adopt(await startClerkEmulator(clerkOptions), (it) => it.stop());
  const clerk = resources.use(await startFaultyClerk(emulator.url));
  const config = readApiConfig({
    HOST: "127.0.0.1",
    PORT: "0",
    REDIS_URL: inject("redisUrl"),
    REDIS_PREFIX: `test-${randomUUID()}`,
    CLERK_WEBHOOK_SECRET: webhookSecret,
    CLERK_SECRET_KEY: emulator.secretKey,
    CLERK_API_URL: clerk.url,
    JWT_SECRET: serviceSecret,
    ...variables,
  });
  const lines: string[] = [];
  const log = createLogger("api", "trace", { write: (line) => void lines.push(line) });
  const { port, lifecycle } = await startApi(config, log);
  resources.defer(() => lifecycle.stop());
  const owned = resources.move();
  return {
    url: `http://127.0.0.1:${port}`,
    emulator,
    clerk,
    log: () => lines.join(""),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
