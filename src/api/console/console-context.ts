import type { AuditTrail } from "../../audit/audit-trail.ts";
import type { StatusSources } from "../../inspection/bridge-status.ts";
import type { UserSources } from "../../inspection/inspect-user.ts";
import type { RetryContext } from "../../inspection/retry-dead-letter.ts";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import type { UserReader } from "../../clerk/users/read-user.ts";
import type { DeadLetters } from "../../queue/dead-letters.ts";
import type { MessageQueues } from "../../queue/message-queues.ts";
import type { Logger } from "../../shared/logger.ts";
import type { VerifyToken } from "../auth/verify-token.ts";
import type { AccessPolicy, RateLimit } from "../http/api-env.ts";
import type { ConsoleSessions } from "./console-sessions.ts";
import type { StatusHistory } from "./status-history.ts";

/** What the pages of the console work with. */
export interface ConsoleContext {
  readonly status: StatusSources;
  readonly user: UserSources;
  readonly retry: RetryContext;
  readonly queues: Pick<MessageQueues, "add">;
  readonly deadLetters: DeadLetters;
  readonly clerk: Pick<ClerkApi, "read" | "budget">;
  readonly readUser: UserReader;
  readonly history: StatusHistory;
  readonly sessions: ConsoleSessions;
  readonly verify: VerifyToken;
  /** For tokens that are refused, by client. */
  readonly badTokens: RateLimit;
  readonly isAdminAddress: AccessPolicy["isAdminAddress"];
  readonly trustedProxies: number;
  /** Why a page is not available, for people. */
  readonly explain: (error: unknown) => string;
  readonly audit: AuditTrail;
  readonly log: Logger;
  readonly now: () => number;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}
