import { readFileSync } from "node:fs";
import { z } from "zod";
import { flag, positive } from "./environment.ts";

/** What every program reads. */
export const PROGRAM_ENVIRONMENT = {
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("Lowest level that is logged: trace, debug, info, warn, error or silent"),
  LOG_FORMAT: z
    .enum(["json", "pretty"])
    .default("json")
    .describe("json, or pretty: lines for people, which need the package pino-pretty (as `npm run dev` has it)"),
  LOG_EMAILS: flag.default(true).describe("Whether email addresses may appear in the log"),
  SHUTDOWN_TIMEOUT_MS: positive.default(10_000).describe("Time that a program may take to stop, in ms"),
  HOST: z
    .string()
    .optional()
    .describe("Address that the API and the worker listen on; not set: all addresses, IPv6 and IPv4"),
  KEEP_ALIVE_TIMEOUT_MS: positive
    .default(75_000)
    .describe("Time that an idle HTTP connection stays open, in ms; longer than that of a proxy in front"),
  SHARDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .describe(
      "Number of shards, which equals the number of partitions of both topics. Change it later with `bridge reshard --to N`",
    ),
};

export const toProgramConfig = (env: z.infer<z.ZodObject<typeof PROGRAM_ENVIRONMENT>>) => ({
  logLevel: env.LOG_LEVEL,
  logFormat: env.LOG_FORMAT,
  logEmails: env.LOG_EMAILS,
  shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
  host: env.HOST,
  keepAliveTimeoutMs: env.KEEP_ALIVE_TIMEOUT_MS,
  shards: env.SHARDS,
});

/** The version of the package, which all programs share. */
export const { version: programVersion } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")));
