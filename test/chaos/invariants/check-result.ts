import type { ClerkUser, WebhookMessage } from "clerk-emulator";
import type { Violation } from "../../support/bridge/find-violations.ts";
import type { TopicRecord } from "../../support/kafka/read-topic.ts";

/** What Clerk sent during the run, and its users at the end. */
export interface ClerkHistory {
  /** The users as Clerk has them now. */
  readonly users: readonly ClerkUser[];
  /** Ids of all users that ever existed. */
  readonly everMade: ReadonlySet<string>;
  readonly messages: readonly WebhookMessage[];
  /** Ids of the messages that cannot be processed. */
  readonly poison: ReadonlySet<string>;
  /** Whether every message was delivered and Redis lost nothing. Then every unprocessable message must be a dead letter. */
  readonly nothingLost: boolean;
}

export interface CheckResult {
  readonly violations: readonly Violation[];
  /** Figures for the report: events, dead letters … */
  readonly counts: Readonly<Record<string, number>>;
  readonly events: readonly TopicRecord[];
}
