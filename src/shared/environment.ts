import { z } from "zod";
import { ConfigError } from "./errors.ts";

/** A comma-separated list; empty items do not count. */
export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);
const portNumber = z.coerce.number<string>().int().min(0).max(65_535);
const isServiceLink = (text: string) => /^(tcp|udp|sctp):\/\//.test(text);
export const port = z
  .string()
  .refine((text) => !isServiceLink(text), {
    abort: true,
    error:
      "an address that Kubernetes sets for a Service of this name; set `enableServiceLinks: false` in the pod, or rename the Service",
  })
  .pipe(portNumber);
/** A secret, without the line break or the quotes that files and `.env` editors leave around it. */
export const secretText = z.string().transform((text) => text.trim().replace(/^(["'])(.*)\1$/s, "$2"));
export const positive = z.coerce.number().int().positive();
export const flag = z.stringbool();

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** Variables of earlier releases, each with the name that replaces it. */
const renamedVariables: Readonly<Record<string, string>> = {
  GHOST_CHECK_AFTER_MS: "STALE_USER_CHECK_AFTER_MS",
  PASSWORD_FORBID_OWN_WORDS: "PASSWORD_FORBID_PERSONAL_INFO",
  PASSWORD_REFUSAL_MS: "PASSWORD_FAILURE_MIN_MS",
  REDIS_QUICK_TIMEOUT_MS: "REDIS_OPTIONAL_TIMEOUT_MS",
  USERS_SWEEP_MAX_CALLS: "USERS_BY_ROLE_MAX_CLERK_CALLS",
};

/**
 * Reads the variables that `shape` describes and ignores all others. An empty variable counts as not set.
 *
 * Throws a {@link ConfigError} that names every variable that is wrong. It also refuses a variable under its former name:
 * an upgrade must not ignore a setting silently.
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  shape: Shape,
  variables: EnvironmentVariables,
): z.infer<z.ZodObject<Shape>> {
  const set = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const renamed = Object.entries(renamedVariables)
    .filter(([before, after]) => before in set && after in shape)
    .map(([before, after]) => `${before}: renamed to ${after}; set that instead`);
  const parsed = z.object(shape).safeParse(set);
  const wrong = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  if (parsed.success && renamed.length === 0) return parsed.data;
  throw new ConfigError([...renamed, ...wrong].join("\n"));
}
