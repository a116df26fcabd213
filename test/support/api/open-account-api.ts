/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { z } from "zod";
import { auditStream, entryJson } from "../../../src/redis/keys.ts";
import { callApi } from "./call-api.ts";
import { dumpRedis } from "../redis/dump-redis.ts";
import { openApi } from "./open-api.ts";
import { readMetric } from "../bridge/read-metric.ts";
import { signServiceToken } from "./tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const auditSchema = z.looseObject({ action: z.string(), outcome: z.string() });
const lineSchema = z.looseObject({ event: z.string().optional() });

/** The whole API in this process with a user in its Clerk, and everything that it might leave a trace in. */
export async function openAccountApi(variables: Readonly<Record<string, string>> = {}) {
  await using resources = new AsyncDisposableStack();
  const redisPrefix = `test-${randomUUID()}`;
  // A busy machine's disk may take longer than a request waits; what is counted here must be counted all the same.
  const patient = { REDIS_OPTIONAL_TIMEOUT_MS: "10000" };
  const api = resources.use(
    await openApi({ variables: { REDIS_PREFIX: redisPrefix, CLERK_RATE_LIMIT: "10000", ...patient, ...variables } }),
  );
  await waitFor("the API is ready", async () => (await fetch(`${api.url}/readyz`)).ok);
  const redis = resources.adopt(new Redis(inject("redisUrl")), (it) => it.disconnect());
  const { emulator } = api;
  const ada = emulator.dashboard.createUser({
    email_address: ["ada@example.com"],
    first_name: "Ada",
    password: "engines-and-looms",
    totp_secret: "JBSWY3DPEHPK3PXP",
    backup_codes: ["backup-one", "backup-two"],
    private_metadata: { note: "private-note" },
    unsafe_metadata: { note: "unsafe-note" },
  });
  const owned = resources.move();
  return {
    clerk: api.clerk,
    dashboard: emulator.dashboard,
    ada,
    /** A service's that may do everything. */
    admin: await signServiceToken(),
    userToken: (userId: string, role?: string, claims: Readonly<Record<string, unknown>> = {}) =>
      emulator.signSessionToken({ userId, claims: { ...(role && { metadata: { role } }), ...claims } }),
    call: (line: string, token?: string, options: { body?: unknown; headers?: Record<string, string> } = {}) =>
      callApi(api.url, line, {
        ...(token !== undefined && { token }),
        ...(options.headers && { headers: options.headers }),
        ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      }),
    log: api.log,
    logged: (event: string) =>
      api
        .log()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => lineSchema.parse(JSON.parse(line)))
        .filter((line) => line.event === event),
    readAudit: async () => {
      const entries = await redis.xrange(auditStream(redisPrefix), "-", "+");
      return entries.map(([, fields]) => auditSchema.parse(JSON.parse(entryJson(fields))));
    },
    readMetric: async (name: string, labels: Readonly<Record<string, string>> = {}) =>
      readMetric(await (await fetch(`${api.url}/metrics`)).text(), name, labels),
    dumpRedis: () => dumpRedis(redis, redisPrefix),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
