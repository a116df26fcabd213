/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { z } from "zod";
import { startClerkEmulator, type ClerkEmulatorOptions } from "clerk-emulator";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { readApiConfig } from "../../../src/api/api-config.ts";
import { startApi } from "../../../src/api/start-api.ts";
import { entryJson } from "../../../src/audit/audit-record.ts";
import { auditStream } from "../../../src/redis/keys.ts";
import { createLogger } from "../../../src/shared/logger.ts";
import { readMetric } from "../bridge/read-metric.ts";
import { startFaultyClerk } from "../clerk/faulty-clerk.ts";
import { webhookSecret } from "../clerk/send-webhook.ts";
import { dumpRedis } from "../redis/dump-redis.ts";
import { callApi } from "./call-api.ts";
import { serviceSecret, signServiceToken } from "./tokens.ts";

export interface EnvironmentOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly clerk?: ClerkEmulatorOptions;
}

const auditSchema = z.looseObject({ action: z.string(), outcome: z.string() });
const lineSchema = z.looseObject({ event: z.string().optional() });

/** What an API in this process needs and leaves traces in: a Clerk emulator, Redis keys of its own and a log. */
export async function openEnvironment({ variables = {}, clerk: clerkOptions = {} }: EnvironmentOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const redisUrl = variables["REDIS_URL"] ?? inject("redisUrl");
  const redisPrefix = variables["REDIS_PREFIX"] ?? `test-${randomUUID()}`;
  const redis = resources.adopt(new Redis(redisUrl, { lazyConnect: true }), (it) => it.disconnect());
  const emulator = resources.adopt(await startClerkEmulator(clerkOptions), (it) => it.stop());
  const clerk = resources.use(await startFaultyClerk(emulator.url));
  const config = readApiConfig({
    HOST: "127.0.0.1",
    PORT: "0",
    REDIS_URL: redisUrl,
    REDIS_PREFIX: redisPrefix,
    CLERK_WEBHOOK_SECRET: webhookSecret,
    CLERK_SECRET_KEY: emulator.secretKey,
    CLERK_API_URL: clerk.url,
    JWT_SECRET: serviceSecret,
    ...variables,
  });
  const lines: string[] = [];
  const owned = resources.move();
  return {
    config,
    redis,
    redisPrefix,
    emulator,
    dashboard: emulator.dashboard,
    /** The proxy through which the API calls Clerk. */
    clerk,
    logger: createLogger("api", "trace", { write: (line) => void lines.push(line) }),
    /** The whole log at trace level. */
    log: () => lines.join(""),
    /** The log lines of one event. */
    logged: (event: string) =>
      lines
        .flatMap((line) => line.split("\n"))
        .filter((line) => line !== "")
        .map((line) => lineSchema.parse(JSON.parse(line)))
        .filter((line) => line.event === event),
    sessionToken: (userId: string, role?: string, claims: Readonly<Record<string, unknown>> = {}) =>
      emulator.signSessionToken({ userId, claims: { ...(role && { metadata: { role } }), ...claims } }),
    readAudit: async () => {
      const entries = await redis.xrange(auditStream(redisPrefix), "-", "+");
      return entries.map(([, fields]) => auditSchema.parse(JSON.parse(entryJson(fields))));
    },
    dumpRedis: () => dumpRedis(redis, redisPrefix),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface ApiOptions extends EnvironmentOptions {
  /** Default true. False for an API that must be called before it is ready. */
  readonly waitUntilReady?: boolean;
}

/** The whole API in this process. */
export async function openApi({ waitUntilReady = true, ...environmentOptions }: ApiOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const environment = resources.use(await openEnvironment(environmentOptions));
  const { port, lifecycle } = await startApi(environment.config, environment.logger);
  resources.defer(() => lifecycle.stop());
  const url = `http://127.0.0.1:${port}`;
  if (waitUntilReady) await waitFor("the API is ready", async () => (await fetch(`${url}/readyz`)).ok);
  const owned = resources.move();
  return {
    ...environment,
    url,
    /** Stops the API; Redis and the emulator go on. */
    stop: () => lifecycle.stop(),
    /** The token of a service with all permissions. */
    admin: await signServiceToken(),
    call: (line: string, token?: string, options: { body?: unknown; headers?: Record<string, string> } = {}) =>
      callApi(url, line, {
        ...(token !== undefined && { token }),
        ...(options.headers && { headers: options.headers }),
        ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      }),
    readMetric: async (name: string, labels: Readonly<Record<string, string>> = {}) =>
      readMetric(await (await fetch(`${url}/metrics`)).text(), name, labels),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The whole API in this process, with one user, Ada, and without a Clerk rate limit that tests could reach. */
export async function openAccountApi(variables: Readonly<Record<string, string>> = {}) {
  // The disk of a busy machine can be slower than the default time-out, but what tests count must be counted in Redis.
  const generous = { CLERK_RATE_LIMIT: "10000", REDIS_OPTIONAL_TIMEOUT_MS: "10000" };
  const api = await openApi({ variables: { ...generous, ...variables } });
  const ada = api.dashboard.createUser({
    email_address: ["ada@example.com"],
    first_name: "Ada",
    password: "engines-and-looms",
    totp_secret: "JBSWY3DPEHPK3PXP",
    backup_codes: ["backup-one", "backup-two"],
    private_metadata: { note: "private-note" },
    unsafe_metadata: { note: "unsafe-note" },
  });
  return { ...api, ada };
}

/** A valid body for `POST /api/users` with a unique username and email address. */
export function newUserBody(changes: Readonly<Record<string, unknown>> = {}) {
  const name = `u${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  return {
    firstName: "Grace",
    lastName: "Hopper",
    username: name,
    emailAddress: [`${name}@example.com`],
    password: "nanoseconds-of-wire",
    ...changes,
  };
}
