#!/usr/bin/env node
import { parseArgs } from "node:util";
import { z } from "zod";
import { startClerkEmulator } from "./start-clerk-emulator.ts";

// Runs an emulator on its own port: `node packages/clerk-emulator/src/main.ts --port 3900 --webhook-url http://127.0.0.1:3007/webhooks/clerk`.
// Each flag can also be set by an environment variable. The flag takes precedence.

const { values: flags } = parseArgs({
  options: {
    port: { type: "string" },
    host: { type: "string" },
    seed: { type: "string" },
    "secret-key": { type: "string" },
    "webhook-url": { type: "string" },
    "webhook-secret": { type: "string" },
    "retry-scale": { type: "string" },
  },
});

/** An empty variable counts as not set. */
const read = (flag: keyof typeof flags, variable: string): string | undefined =>
  flags[flag] ?? (process.env[variable] || undefined);

const settings = z
  .object({
    port: z.coerce.number().int().default(3900),
    host: z.string().default("127.0.0.1"),
    seed: z.coerce.number().int().default(1),
    secretKey: z.string().optional(),
    webhookUrl: z.url().optional(),
    webhookSecret: z.string().optional(),
    retryScale: z.coerce.number().positive().default(1),
  })
  .parse({
    port: read("port", "CLERK_EMULATOR_PORT"),
    host: read("host", "CLERK_EMULATOR_HOST"),
    seed: read("seed", "CLERK_EMULATOR_SEED"),
    secretKey: read("secret-key", "CLERK_SECRET_KEY"),
    webhookUrl: read("webhook-url", "CLERK_EMULATOR_WEBHOOK_URL"),
    webhookSecret: read("webhook-secret", "CLERK_WEBHOOK_SECRET"),
    retryScale: read("retry-scale", "CLERK_EMULATOR_RETRY_SCALE"),
  });

const emulator = await startClerkEmulator({
  port: settings.port,
  host: settings.host,
  seed: settings.seed,
  ...(settings.secretKey === undefined ? {} : { secretKey: settings.secretKey }),
  webhook: {
    retryScale: settings.retryScale,
    ...(settings.webhookUrl === undefined ? {} : { url: settings.webhookUrl }),
    ...(settings.webhookSecret === undefined ? {} : { secret: settings.webhookSecret }),
  },
});

console.log(`CLERK_API_URL=${emulator.url}`);
console.log(`CLERK_SECRET_KEY=${emulator.secretKey}`);
console.log(`CLERK_PUBLISHABLE_KEY=${emulator.publishableKey}`);
console.log(`CLERK_WEBHOOK_SECRET=${emulator.webhookSecret}`);
console.log(`CLERK_JWT_KEY=${JSON.stringify(emulator.jwtKey)}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void emulator.stop());
}
