import type { OptionalField } from "@clerk-kafka-bridge/events";
import type { SecurityCounter } from "../../analytics/security-counter.ts";
import type { AuditTrail } from "../../audit/audit-trail.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import type { MessageQueues } from "../../queue/message-queues.ts";
import type { Coverage } from "../../reconciliation/coverage.ts";
import type { State } from "../../domain/state.ts";
import type { UserIndex } from "../../ledger/user-index.ts";
import type { Logger } from "../../shared/logger.ts";
import type { FindRole } from "../auth/roles.ts";
import type { RateLimit } from "../http/api-env.ts";
import type { PasswordPolicy } from "../passwords/password-policy.ts";
import type { IdempotencyRecords } from "./idempotency-records.ts";
import type { UserCache, UserMetrics } from "./user-cache.ts";
import type { UsersConfig } from "./users-config.ts";

/** Everything that the routes of users and of their accounts work with. Created once, in `create-user-api.ts`. */
export interface ApiContext {
  readonly config: UsersConfig;
  readonly clerk: ClerkApi;
  readonly cache: UserCache;
  /** The published users by role. */
  readonly userIndex: UserIndex;
  /** Whether the index has every user of Clerk. */
  readonly coverage: Pick<Coverage, "isFull">;
  /** Shows a change in lists until its event is committed. Throws what Redis throws. */
  readonly rememberPending: (userId: string, state: State) => Promise<void>;
  readonly queues: Pick<MessageQueues, "add">;
  readonly shardOf: (userId: string) => number;
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  readonly idempotency: IdempotencyRecords;
  readonly findRole: FindRole;
  /** The roles with `users:roles`. */
  readonly roleChangers: readonly string[];
  readonly passwords: PasswordPolicy;
  /** Limits of failed password checks. */
  readonly passwordLimits: { readonly perEmail: RateLimit; readonly perIp: RateLimit };
  readonly audit: AuditTrail;
  /** Records denials; `audit` records all else. */
  readonly denials: AuditTrail;
  readonly security: SecurityCounter;
  readonly metrics: UserMetrics;
  readonly log: Logger;
  /** The clock, in ms. */
  readonly now: () => number;
}
