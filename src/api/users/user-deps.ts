import type { AuditTrail } from "../../audit/audit-trail.ts";
import type { FindRole } from "../auth/roles.ts";
import type { UserCache } from "./user-cache.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import type { PasswordPolicy } from "../passwords/password-policy.ts";
import type { IdempotencyRecords } from "./idempotency-records.ts";
import type { QueueSnapshotDeps } from "./queue-snapshot.ts";
import type { UsersConfig } from "./users-config.ts";

export interface UserDeps extends QueueSnapshotDeps {
  readonly clerk: ClerkApi;
  readonly cache: UserCache;
  readonly audit: AuditTrail;
  readonly findRole: FindRole;
  readonly passwords: PasswordPolicy;
  readonly idempotency: IdempotencyRecords;
  readonly config: UsersConfig;
}
