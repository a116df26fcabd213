import { openRateLimit } from "../auth/rate-limit.ts";
import type { AccountDeps } from "./account-deps.ts";
import type { RedisClient } from "../redis/redis-client.ts";

export interface OpenAccountsOptions extends Omit<AccountDeps, "passwordLimits"> {
  /** Of the limits of password checks. A connection that fails fast: they go on in memory while it is away. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
}

/** What the account routes need, with limits of their own. */
export function openAccounts({ redis, redisPrefix, ...deps }: OpenAccountsOptions): AccountDeps {
  const { perEmail, perIp, windowSeconds } = deps.config.passwordAttempts;
  const limit = (name: string, requests: number) =>
    openRateLimit(redis, redisPrefix, { name, requests, windowSeconds });
  return {
    ...deps,
    passwordLimits: { perEmail: limit("passwords-of-email", perEmail), perIp: limit("passwords-of-ip", perIp) },
  };
}
