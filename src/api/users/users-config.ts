import { z } from "zod";
import { flag, positive } from "../../shared/environment.ts";

export const USERS_ENVIRONMENT = {
  USERS_BY_ROLE_MAX_CLERK_CALLS: positive
    .default(100)
    .describe(
      "Maximum Clerk calls, of 500 users each, for one list by role while the published states are incomplete; larger lists are rejected then",
    ),
  SELF_EMAIL_CHANGE: flag
    .default(false)
    .describe("Whether users may add email addresses to their own account; Clerk counts these as verified"),
  RECOVERY_LINK_EXPIRES_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .max(86_400)
    .default(600)
    .describe("How long a one-time sign-in link is valid, in seconds"),
  PASSWORD_ATTEMPTS_PER_EMAIL: positive
    .default(5)
    .describe("Failed password checks per email address before further ones are rejected"),
  PASSWORD_ATTEMPTS_PER_IP: positive
    .default(30)
    .describe("Failed password checks per IP address before further ones are rejected"),
  PASSWORD_ATTEMPTS_WINDOW_SECONDS: positive
    .default(900)
    .describe("How long a failed password check counts, in seconds"),
  PASSWORD_FAILURE_MIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(5_000)
    .default(500)
    .describe("Minimum response time of a failed password check, in ms, so that timing reveals nothing"),
};
type Environment = z.infer<z.ZodObject<typeof USERS_ENVIRONMENT>>;

export type UsersConfig = ReturnType<typeof toUsersConfig>;

export const toUsersConfig = (env: Environment) => ({
  byRoleMaxClerkCalls: env.USERS_BY_ROLE_MAX_CLERK_CALLS,
  selfEmailChange: env.SELF_EMAIL_CHANGE,
  recoveryLinkExpiresSeconds: env.RECOVERY_LINK_EXPIRES_SECONDS,
  passwordAttempts: {
    perEmail: env.PASSWORD_ATTEMPTS_PER_EMAIL,
    perIp: env.PASSWORD_ATTEMPTS_PER_IP,
    windowSeconds: env.PASSWORD_ATTEMPTS_WINDOW_SECONDS,
  },
  passwordFailureMinMs: env.PASSWORD_FAILURE_MIN_MS,
});
