import {
  destination,
  pino,
  stdTimeFunctions,
  transport,
  type DestinationStream,
  type Logger as PinoLogger,
} from "pino";
import { serializeError } from "./serialize-error.ts";

export type Logger = PinoLogger;

/** Names whose values never reach a log, at any depth of an object. They are compared without case, `-` and `_`. */
const secretNames = new Set([
  "authorization",
  "backupcodes",
  "cookie",
  "jwt",
  "jwtsecret",
  "password",
  "privatemetadata",
  "sasl",
  "secret",
  "secretkey",
  "setcookie",
  "signature",
  "svixsignature",
  "ticket",
  "token",
  "unsafemetadata",
  "webhooksecret",
  "webhooksecrets",
  "webhooksignature",
  "xapikey",
]);
const emailNames = new Set(["email", "emails", "emailaddress", "emailaddresses"]);

type IsRedacted = (name: string) => boolean;
const plain = (name: string) => name.replaceAll(/[-_]/g, "").toLowerCase();
const isSecret: IsRedacted = (name) => secretNames.has(plain(name));
const isSecretOrEmail: IsRedacted = (name) => isSecret(name) || emailNames.has(plain(name));

/**
 * Writes JSON lines to standard output, with the level as a word and the time in ISO 8601. Secrets are redacted by their names in every
 * line, and of errors only known fields are written.
 */
export function createLogger(name: string, level: string, to: DestinationStream = openStandardOutput("json")): Logger {
  return pino(
    {
      name,
      level,
      formatters: { level: (label) => ({ level: label }), log: redactSecrets },
      serializers: { err: serializeError },
      timestamp: stdTimeFunctions.isoTime,
    },
    to,
  );
}

/** Standard output, for JSON or for lines that people read. Throws when pino-pretty is not installed and is needed. */
export const openStandardOutput = (format: "json" | "pretty"): DestinationStream =>
  format === "json"
    ? destination({ sync: false })
    : transport({
        target: "pino-pretty",
        options: { colorize: false, translateTime: "SYS:HH:MM:ss.l", ignore: "pid,hostname,name", singleLine: true },
      });

/** The same log, with the values of email addresses redacted by their names as well. */
export const withoutEmails = (log: Logger): Logger =>
  log.child({}, { formatters: { log: (line) => redact(line, isSecretOrEmail, 0) } });

/** A copy in which the values of secrets are redacted by their names, at any depth. */
export const redactSecrets = (record: object): Record<string, unknown> => redact(record, isSecret, 0);

const maxDepth = 5;

// Pino's own redaction needs every path spelled out, and its wildcards took a tenth of the receiver's time.
function redact(line: object, isRedacted: IsRedacted, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => [name, redactValue(name, value, isRedacted, depth)]),
  );
}

function redactValue(name: string, value: unknown, isRedacted: IsRedacted, depth: number): unknown {
  if (isRedacted(name)) return "[redacted]";
  if (typeof value !== "object" || value === null || value instanceof Error) return value;
  if (depth === maxDepth) return "[deep]";
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue("", item, isRedacted, depth + 1));
  return redact(value, isRedacted, depth + 1);
}
