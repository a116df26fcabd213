import { z } from "zod";
import { ConfigError } from "../../shared/errors.ts";
import { positive, secretText } from "../../shared/environment.ts";

function checkSecretKey(key: string, context: z.RefinementCtx): void {
  if (key.startsWith("pk_")) {
    context.addIssue("the publishable key; the secret key begins with sk_test_ or sk_live_");
  } else if (!/^sk_(test|live)_[A-Za-z0-9]+$/.test(key)) {
    context.addIssue("no secret key; it begins with sk_test_ or sk_live_, and letters and digits follow");
  } else if (/^sk_\w+?_(x{3,}|(your|replace)\w{0,20}|changeme|placeholder|secret|key)$/i.test(key)) {
    context.addIssue("a placeholder; the key is on the page of API keys in Clerk's dashboard");
  }
}

export const CLERK_ENVIRONMENT = {
  CLERK_SECRET_KEY: secretText
    .superRefine(checkSecretKey)
    .optional()
    .describe("Secret key of the Clerk instance (sk_…)"),
  CLERK_API_URL: z
    .url({ protocol: /^https?$/ })
    .default("https://api.clerk.com")
    .describe("Address of Clerk's Backend API; a final `/` or `/v1` is ignored"),
  CLERK_RATE_LIMIT: positive
    .optional()
    .describe(
      "Requests to Clerk in 10 s by all processes together; not set: Clerk's own limits (1000 for sk_live_ keys, 100 for others)",
    ),
};

export interface ClerkConfig {
  readonly secretKey: string;
  readonly apiUrl: string;
  /** Requests in ten seconds, of all processes that share the key. */
  readonly rateLimit: number;
}

/** The SDK appends `/v1` itself. Below a second one no path exists, so that every user would seem to be missing. */
const withoutVersion = (url: string) => url.replace(/\/+$/, "").replace(/\/v1$/, "").replace(/\/+$/, "");
const rateLimitOf = (secretKey: string) => (secretKey.startsWith("sk_live_") ? 1_000 : 100);

export function toClerkConfig(env: z.infer<z.ZodObject<typeof CLERK_ENVIRONMENT>>): ClerkConfig {
  const { CLERK_SECRET_KEY: secretKey, CLERK_API_URL: apiUrl, CLERK_RATE_LIMIT: rateLimit } = env;
  if (secretKey === undefined) {
    throw new ConfigError("CLERK_SECRET_KEY: not set; it is on the page of API keys in Clerk's dashboard");
  }
  return { secretKey, apiUrl: withoutVersion(apiUrl), rateLimit: rateLimit ?? rateLimitOf(secretKey) };
}
