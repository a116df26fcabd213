import { createRateLimit, type RateLimit } from "../http/rate-limit.ts";
import type { RedisClient } from "../../redis/redis-client.ts";
import type { SecurityCounter } from "../../analytics/security-counter.ts";
import type { AuditTrail } from "../../audit/audit-trail.ts";
import type { FindRole } from "../auth/roles.ts";
import type { UserCache } from "../users/user-cache.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import type { QueueSnapshotDeps } from "../users/queue-snapshot.ts";
import type { AccountsConfig } from "./accounts-config.ts";

export interface OpenAccountsOptions extends Omit<AccountDeps, "passwordLimits"> {
  /** Of the limits of password checks. A connection that fails fast: they go on in memory while it is away. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
}

/** What the account routes need, with limits of their own. */
export function createAccountContext({ redis, redisPrefix, ...deps }: OpenAccountsOptions): AccountDeps {
  const { perEmail, perIp, windowSeconds } = deps.config.passwordAttempts;
  const limit = (name: string, requests: number) =>
    createRateLimit(redis, redisPrefix, { name, requests, windowSeconds });
  return {
    ...deps,
    passwordLimits: { perEmail: limit("passwords-of-email", perEmail), perIp: limit("passwords-of-ip", perIp) },
  };
}

export interface AccountDeps extends QueueSnapshotDeps {
  readonly clerk: ClerkApi;
  readonly cache: UserCache;
  readonly audit: AuditTrail;
  readonly security: SecurityCounter;
  /** How many password checks may fail. */
  readonly passwordLimits: { readonly perEmail: RateLimit; readonly perIp: RateLimit };
  readonly findRole: FindRole;
  readonly config: AccountsConfig;
}
