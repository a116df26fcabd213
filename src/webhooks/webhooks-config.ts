import { z } from "zod";
import { list, secretText } from "../shared/environment.ts";
import { ConfigError } from "../shared/errors.ts";

const secretList = secretText.pipe(list);

export const WEBHOOKS_ENVIRONMENT = {
  CLERK_WEBHOOK_SECRET: secretList
    .optional()
    .describe("Signing secret (whsec_…) of the webhook endpoint; comma-separated while a secret is rotated"),
  CLERK_WEBHOOK_SIGNING_SECRET: secretList
    .optional()
    .describe("Clerk's own name for CLERK_WEBHOOK_SECRET; secrets of both are accepted"),
  RATE_LIMIT_BAD_SIGNATURES: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(300)
    .describe(
      "Webhook requests with a wrong signature that an address may send in a minute to one process; 0: any number. Behind a proxy it needs TRUSTED_PROXIES",
    ),
};

export interface WebhooksConfig {
  readonly secrets: readonly [string, ...string[]];
  readonly badSignaturesPerMinute: number;
}

/** Throws a {@link ConfigError} when no signing secret is set. */
export function toWebhooksConfig(env: z.infer<z.ZodObject<typeof WEBHOOKS_ENVIRONMENT>>): WebhooksConfig {
  const [first, ...rest] = [...(env.CLERK_WEBHOOK_SECRET ?? []), ...(env.CLERK_WEBHOOK_SIGNING_SECRET ?? [])];
  if (first === undefined) {
    throw new ConfigError("CLERK_WEBHOOK_SECRET: not set; it is on the webhook's page in Clerk's dashboard");
  }
  return { secrets: [first, ...rest], badSignaturesPerMinute: env.RATE_LIMIT_BAD_SIGNATURES };
}
