import type { z } from "zod";
import { flag, positive } from "../../shared/environment.ts";

export const USERS_ENVIRONMENT = {
  USERS_BY_ROLE_MAX_CLERK_CALLS: positive
    .default(100)
    .describe("Most calls of Clerk, of 500 users each, for one list of users by role; larger lists are refused"),
  SELF_EMAIL_CHANGE: flag
    .default(false)
    .describe("Whether users may give themselves e-mail addresses, which Clerk then counts as verified"),
};
type Environment = z.infer<z.ZodObject<typeof USERS_ENVIRONMENT>>;

export type UsersConfig = ReturnType<typeof toUsersConfig>;

export const toUsersConfig = (env: Environment) => ({
  byRoleMaxClerkCalls: env.USERS_BY_ROLE_MAX_CLERK_CALLS,
  selfEmailChange: env.SELF_EMAIL_CHANGE,
});
