import type { ClerkUser, WebhookMessage } from "clerk-emulator";
import type { Violation } from "../../support/bridge/find-violations.ts";
import type { TopicRecord } from "../../support/kafka/read-topic.ts";

/** What came from Clerk. */
export interface EnvelopeTimes {
  /** The users as Clerk has them now. */
  readonly users: readonly ClerkUser[];
  /** Ids of all users that ever were. */
  readonly everMade: ReadonlySet<string>;
  readonly messages: readonly WebhookMessage[];
  /** Ids of messages that nobody can decide. */
  readonly poison: ReadonlySet<string>;
  /** Whether every message was delivered and Redis kept what it took: then a dead letter cannot be missing, either. */
  readonly nothingLost: boolean;
}

export interface Judgement {
  readonly violations: readonly Violation[];
  /** What is worth a number: events, dead letters … */
  readonly counts: Readonly<Record<string, number>>;
  readonly events: readonly TopicRecord[];
}
