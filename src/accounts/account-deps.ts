import type { SecurityCounter } from "../analytics/analytics.ts";
import type { AuditTrail } from "../audit/audit-trail.ts";
import type { RateLimit } from "../auth/rate-limit.ts";
import type { FindRole } from "../auth/read-roles.ts";
import type { UserCache } from "../cache/user-cache.ts";
import type { ClerkApi } from "../clerk/clerk-api.ts";
import type { QueueSnapshotDeps } from "../users/queue-snapshot.ts";
import type { AccountsConfig } from "./accounts-config.ts";

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
