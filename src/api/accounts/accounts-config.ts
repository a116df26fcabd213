import { z } from "zod";
import { positive } from "../../shared/environment.ts";

export const ACCOUNTS_ENVIRONMENT = {
  RECOVERY_LINK_EXPIRES_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .max(86_400)
    .default(600)
    .describe("How long a one-time sign-in link works"),
  PASSWORD_ATTEMPTS_PER_EMAIL: positive
    .default(5)
    .describe("Failed password checks of one e-mail address until further ones are refused"),
  PASSWORD_ATTEMPTS_PER_IP: positive
    .default(30)
    .describe("Failed password checks from one address until further ones are refused"),
  PASSWORD_ATTEMPTS_WINDOW_SECONDS: positive
    .default(900)
    .describe("After how long failed password checks are forgotten"),
  PASSWORD_FAILURE_MIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(5_000)
    .default(500)
    .describe("No refused password check is answered sooner, so that its time tells nothing, ms"),
};
type Environment = z.infer<z.ZodObject<typeof ACCOUNTS_ENVIRONMENT>>;

export type AccountsConfig = ReturnType<typeof toAccountsConfig>;

export const toAccountsConfig = (env: Environment) => ({
  recoveryLinkExpiresSeconds: env.RECOVERY_LINK_EXPIRES_SECONDS,
  passwordAttempts: {
    perEmail: env.PASSWORD_ATTEMPTS_PER_EMAIL,
    perIp: env.PASSWORD_ATTEMPTS_PER_IP,
    windowSeconds: env.PASSWORD_ATTEMPTS_WINDOW_SECONDS,
  },
  passwordFailureMinMs: env.PASSWORD_FAILURE_MIN_MS,
});
