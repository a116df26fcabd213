/// <reference lib="esnext.disposable" />
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { execa } from "execa";
import { SignJWT } from "jose";
import { startClerkEmulator } from "clerk-emulator";
import { startService } from "../run/start-service.ts";
import { createFreshFolder } from "../stack/folders.ts";
import { findFreePort } from "../stack/free-port.ts";
import { startStack } from "../stack/start-stack.ts";
import { installSchemathesis } from "./install-schemathesis.ts";

const configFile = join(import.meta.dirname, "schemathesis.toml");
const jwtSecret = randomBytes(48).toString("base64");

/**
 * Checks the running API against its own OpenAPI document. Schemathesis sends valid and invalid requests as a service with
 * all permissions. Starts Redis, Kafka, a Clerk emulator and the API, and stops them afterwards. `args` are passed to the
 * command `schemathesis run`. Resolves with its exit code.
 */
export async function runSchemathesis(args: readonly string[]): Promise<number> {
  const program = await installSchemathesis();
  await using started = new AsyncDisposableStack();
  const folder = await createFreshFolder();
  const stack = await startStack({ log: console.log });
  started.defer(stack.stop);
  const port = await findFreePort([]);
  const emulator = await startClerkEmulator({ webhook: { url: `http://127.0.0.1:${port}/webhooks/clerk` } });
  started.defer(emulator.stop);
  const api = await startService({
    name: "api",
    script: "src/api/main.ts",
    port,
    logDir: folder,
    env: {
      PATH: process.env["PATH"],
      HOST: "127.0.0.1",
      PORT: `${port}`,
      REDIS_URL: stack.redisUrl,
      REDIS_PREFIX: "schemathesis",
      KAFKA_BROKERS: stack.kafkaBrokers.join(","),
      CLERK_SECRET_KEY: emulator.secretKey,
      CLERK_API_URL: emulator.url,
      CLERK_WEBHOOK_SECRET: emulator.webhookSecret,
      CLERK_JWT_KEY: emulator.jwtKey,
      JWT_SECRET: jwtSecret,
      ...withoutLimits,
    },
  });
  started.defer(api.stop);
  const user = emulator.dashboard.createUser({ email_address: ["signed-in@example.com"] });
  const session = emulator.dashboard.signIn(user.id);
  const options = ["--config-file", configFile, "run", `${api.url}/openapi.json`, "--report-dir", folder, ...args];
  const run = execa(program, options, {
    cwd: folder,
    stdio: "inherit",
    reject: false,
    env: {
      API_TOKEN: await signAdminToken(),
      CLERK_WEBHOOK_SECRET: emulator.webhookSecret,
      HOOKS: join(import.meta.dirname, "hooks.py"),
      USER_ID: user.id,
      SESSION_ID: session.id,
    },
  });
  const { exitCode = 1 } = await Promise.race([run, api.crashed]);
  return exitCode;
}

/** Rate limits are tested elsewhere. Here every request must reach its operation. */
const withoutLimits = {
  CLERK_RATE_LIMIT: "1000000",
  RATE_LIMIT_PER_IP: "1000000",
  RATE_LIMIT_PER_CALLER: "1000000",
  RATE_LIMIT_BAD_TOKENS: "1000000",
  PASSWORD_ATTEMPTS_PER_IP: "1000000",
  PASSWORD_ATTEMPTS_PER_EMAIL: "1000000",
  PASSWORD_FAILURE_MIN_MS: "0",
};

const signAdminToken = () =>
  new SignJWT({ role: "admin" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject("schemathesis")
    .setAudience("clerk-kafka-bridge")
    .setExpirationTime("6h")
    .sign(new TextEncoder().encode(jwtSecret));
