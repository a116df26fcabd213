import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;

/** Names whose values never reach a log, at the top and one level down. */
const secretNames = [
  "authorization",
  "cookie",
  "password",
  "secret",
  "secretKey",
  "token",
  "jwt",
  "signature",
  "sasl",
  "svix-signature",
  "webhook-signature",
  "x-api-key",
  "private_metadata",
  "unsafe_metadata",
  "privateMetadata",
  "unsafeMetadata",
  "backup_codes",
];
const redactPaths = secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

/** JSON lines on standard output. What must stay secret is redacted by name, whoever logs it. */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options = { name, level, redact: { paths: redactPaths, censor: "[redacted]" } };
  return destination ? pino(options, destination) : pino(options);
}
